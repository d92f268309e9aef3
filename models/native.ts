import type { Model, mongo } from 'mongoose';

/**
 * The driver's own collection behind a model. What happens on every lead goes through it: its records are typed and
 * validated already, and casting them again costs as much as sending them.
 */
export function native<T extends { _id: string }>(model: Pick<Model<T>, 'collection'>): mongo.Collection<T> {
  return model.collection as unknown as mongo.Collection<T>;
}
