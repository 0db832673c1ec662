import { declareTopology } from '@sluice/messaging';
import { TABLES_SQL } from '@sluice/persistence';
import { Client } from 'pg';
import { CountVisit } from './contracts.js';

const { AMQP_URL = '', DATABASE_URL = '' } = process.env;

await declareTopology({ url: AMQP_URL }, { counter: { commands: [CountVisit] } });

const client = new Client({ connectionString: DATABASE_URL });
await client.connect();
await client.query(TABLES_SQL);
await client.query('CREATE TABLE pages (page text PRIMARY KEY, visits int, version int NOT NULL DEFAULT 0)');
await client.end();
