// A service process for crash tests, run from its build: it logs each handled message to a file, and crashes on one
// of them.
// Environment: URL, PREFETCH, POISON (the `n` to crash on) and NOTES (a file).
import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { setImmediate } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { event } from '@sluice/contracts';
import { MessageServer, On } from '@sluice/messaging';
import { z } from 'zod';

const { URL: url, PREFETCH, POISON, NOTES } = process.env;
/** Long enough that no message of the prefetch is acknowledged before the crash. */
const WORK_MS = 20;

class Listener {
  async happened({ data }) {
    // Like a bug in a callback that is not awaited.
    if (data.n === Number(POISON))
      setImmediate(() => {
        throw new Error('poison');
      });
    await pause(WORK_MS);
    appendFileSync(NOTES, `${data.n}\n`);
  }
}
On(event('probe.happened', z.object({ n: z.int() })))(
  Listener.prototype,
  'happened',
  Object.getOwnPropertyDescriptor(Listener.prototype, 'happened'),
);
Controller()(Listener);
class Mortal {}
Module({ controllers: [Listener] })(Mortal);

const strategy = new MessageServer({
  url,
  service: 'probe',
  prefetch: Number(PREFETCH),
  schedule: { retryTiersMs: [] },
  expected: [],
});
const app = await NestFactory.createMicroservice(Mortal, { strategy, logger: false });
await app.listen();
process.once('SIGTERM', () => app.close().then(() => process.exit(0)));
