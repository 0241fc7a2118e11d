/** A database of no file, for as long as some work takes: to read or write Parquet beside those that are stored. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export async function inMemory<Result>(
  work: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
