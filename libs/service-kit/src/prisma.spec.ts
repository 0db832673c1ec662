import { Test } from '@nestjs/testing';
import type { PrismaPg } from '@prisma/adapter-pg';
import { Publisher } from '@sluice/messaging';
import { testDatabase, type TestDatabase } from '@sluice/testing';
import { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openDatabase, type Database } from './database.js';
import { prismaClient } from './prisma.js';

let database: TestDatabase;
let publisher: Publisher;
beforeAll(async () => {
  database = await testDatabase('accounts');
  publisher = new Publisher({ url: 'amqp://127.0.0.1:1' });
});
afterAll(async () => {
  await publisher.close();
  await database.close();
});

/** How often clients were disconnected while their pool was open. */
let disconnected: number;
let opened: Database;
beforeEach(async () => {
  disconnected = 0;
  opened = await openDatabase(
    { DATABASE_URL: database.url, INBOX_RETENTION_DAYS: 7, PUBLISH_BATCHES: true, PREFETCH: 100 },
    { publisher },
    'accounts',
  );
});

/** Stands for the class that Prisma generates, which no library may import. */
class GeneratedClient {
  constructor(private readonly options: { adapter: PrismaPg }) {}

  async application(): Promise<unknown> {
    const connection = await this.options.adapter.connect();
    const { rows } = await connection.queryRaw({ sql: 'SHOW application_name', args: [], argTypes: [] });
    return rows[0]?.[0];
  }

  async $disconnect(): Promise<void> {
    await this.application();
    disconnected += 1;
  }
}

const start = () =>
  Test.createTestingModule({ providers: [...opened.providers, prismaClient(GeneratedClient)] }).compile();

it('a service gets its Prisma client by the generated class; it reads over the pool of the service', async () => {
  const module = await start();
  await module.get(Pool).query("SET application_name TO 'this pool'");
  expect(await module.get(GeneratedClient).application()).toBe('this pool');
  await module.close();
  await opened.close();
});

it('the Prisma client is disconnected once, while the pool is still open', async () => {
  const module = await start();
  await module.close();
  expect(disconnected).toBe(0);
  await opened.close();
  expect(disconnected).toBe(1);
});
