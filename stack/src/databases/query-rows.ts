import pg from 'pg';
import { databaseAddress } from './address.js';

/** Runs one statement over a connection of its own. @param url of the database */
export const queryRows = <Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> =>
  withClient(url, async (client) => (await client.query<Row>(sql)).rows);

export interface ConnectOptions extends pg.ClientConfig {
  onRefused?: (error: unknown) => never;
}

/** Does something with a connection of its own, which is closed at the end. */
export async function withClient<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  { onRefused, ...settings }: ConnectOptions = {},
): Promise<T> {
  const client = new pg.Client({ ...databaseAddress(url), ...settings });
  client.on('error', () => {}); // the query under way fails with it
  await client.connect().catch(onRefused);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
