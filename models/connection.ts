import mongoose, { type Connection } from 'mongoose';

export interface MongoOptions {
  uri: string;
  database: string;
  /** Publish the driver's command events; fault tests stop a node at one of them. */
  monitorCommands?: boolean;
}

/**
 * One connection whose every write is acknowledged by a majority and journalled, and whose every read goes to the
 * primary: what decides about a lead must survive any node. Retryable writes stay off, since a fence tells its own
 * earlier success by its owner, and a single server has none.
 */
export async function connectMongo(options: MongoOptions): Promise<Connection> {
  const connection = mongoose.createConnection(options.uri, {
    dbName: options.database,
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    retryWrites: false,
    // Indexes and collections are made by ensure…Indexes, once, not by every model that is compiled.
    autoCreate: false,
    autoIndex: false,
    maxPoolSize: 50,
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    socketTimeoutMS: 20_000,
    monitorCommands: options.monitorCommands ?? false,
  });
  await connection.asPromise();
  return connection;
}
