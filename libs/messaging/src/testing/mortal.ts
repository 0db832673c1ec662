// A service process for crash tests, run from its build: it logs each handled message to a file, and crashes on one
// of them.
// Environment: URL, PREFETCH, POISON (the `n` to crash on) and NOTES (a file).
import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { setImmediate } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { event, type Message } from '@sluice/contracts';
import { z } from 'zod';
import { MessageServer, On } from '../index.js';

const { URL: url = '', PREFETCH, POISON, NOTES = '' } = process.env;
/** Long enough that no message of the prefetch is acknowledged before the crash. */
const WORK_MS = 20;

const Happened = event('probe.happened', z.object({ n: z.int() }));

@Controller()
class Listener {
  @On(Happened)
  async happened({ data }: Message<typeof Happened>): Promise<void> {
    // Like a bug in a callback that is not awaited.
    if (data.n === Number(POISON))
      setImmediate(() => {
        throw new Error('poison');
      });
    await pause(WORK_MS);
    appendFileSync(NOTES, `${data.n}\n`);
  }
}

@Module({ controllers: [Listener] })
class Mortal {}

const strategy = new MessageServer({
  url,
  service: 'probe',
  prefetch: Number(PREFETCH),
  schedule: { retryTiersMs: [] },
  expected: [],
});
const app = await NestFactory.createMicroservice(Mortal, { strategy, logger: false });
await app.listen();
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
