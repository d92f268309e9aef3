import { Schema, type Connection } from 'mongoose';

export const LIST_TYPES = ['text', 'phone', 'email', 'zip', 'state'] as const;
export type ListType = (typeof LIST_TYPES)[number];

/** A list that rules can ask. Every import makes a new version of its entries. */
export interface ListRecord {
  /** `lst_…` */
  _id: string;
  type: ListType;
  /** Names the entries that count. */
  version: string;
  /** The version before: its entries stay until the next import, for nodes that have not noticed yet. */
  previous?: string;
  count: number;
  importedAt: Date;
  by: string;
}

/** One value of a version of a list: nothing but its id, so that a lookup is one read of an index. */
export interface ListEntryRecord {
  /** `list:version:hash` of the value. */
  _id: string;
}

export function createListModel(connection: Connection) {
  const schema = new Schema<ListRecord>(
    {
      _id: String,
      type: { type: String, enum: LIST_TYPES, required: true },
      version: { type: String, required: true },
      previous: String,
      count: { type: Number, required: true },
      importedAt: { type: Date, required: true },
      by: { type: String, required: true },
    },
    { collection: 'lists', versionKey: false, autoIndex: false },
  );
  return connection.model('List', schema);
}

export function createListEntryModel(connection: Connection) {
  const schema = new Schema<ListEntryRecord>(
    { _id: String },
    { collection: 'listEntries', versionKey: false, autoIndex: false },
  );
  return connection.model('ListEntry', schema);
}
