import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import {
  createConfigurationModels,
  ensureConfigurationIndexes,
  type ConfigurationModels,
} from '../../config/models.ts';
import { connectMongo } from '../../models/connection.ts';

export interface TestDatabase {
  connection: Connection;
  models: ConfigurationModels;
  name: string;
  drop(): Promise<void>;
}

/** A database of its own on the server that MONGODB_URI names. */
export async function openTestDatabase(about: string): Promise<TestDatabase> {
  const uri = mongodbUri();
  const name = `test_${about}_${randomBytes(4).toString('hex')}`;
  const connection = await connectMongo({ uri, database: name });
  const models = createConfigurationModels(connection);
  await ensureConfigurationIndexes(models);
  return {
    connection,
    models,
    name,
    async drop() {
      await connection.dropDatabase();
      await connection.close();
    },
  };
}

export function mongodbUri(): string {
  const uri = process.env.MONGODB_URI;
  if (!uri) throw new Error('Set MONGODB_URI, or run these tests through npm test');
  return uri;
}
