// @ts-nocheck
import pg from 'pg';
import { databaseAddress } from './address.js';

/** One question to a database, over a connection of its own. @param {string} url @param {string} sql @returns {Promise<any[]>} */
export async function queryRows(url, sql) {
  const client = new pg.Client(databaseAddress(url));
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
