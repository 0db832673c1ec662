import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { APP_FILTER, APP_PIPE, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CONFIG } from '@sluice/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  clientAddress,
  correlationId,
  Draining,
  prepareServer,
  ProblemFilter,
  serverAdapter,
  ValidationPipe,
  type RateLimit,
} from './index.js';

const Note = z.strictObject({ text: z.string().min(1) });

/** A service that sells nothing. */
@Controller()
class NotesController {
  @Post('notes')
  add(@Body({ schema: Note }) { text }: z.output<typeof Note>): object {
    return { text, correlationId: correlationId() };
  }

  @Get('guide')
  guide(): string {
    return 'a page';
  }
}

@Module({
  controllers: [NotesController],
  providers: [
    { provide: CONFIG, useValue: { SHUTDOWN_GRACE_MS: 0 } },
    Draining,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_PIPE, useClass: ValidationPipe },
  ],
})
class NotesModule {}

const perAddress: RateLimit = { perMinute: 2, keyOf: clientAddress };

let app: NestFastifyApplication;
beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(NotesModule, serverAdapter(undefined), {
    logger: false,
    bodyParser: false,
  });
  await prepareServer(app.getHttpAdapter().getInstance(), {
    scope: 'notes',
    pages: '/guide',
    origins: ['https://notes.example'],
    streams: 0,
    rates: {
      limits: [perAddress],
      limitOf: async ({ headers }) => (headers['x-limited'] ? perAddress : undefined),
    },
    draining: app.get(Draining),
  });
  await app.init();
});
afterAll(() => app.close());

const add = (payload: string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: '/notes', headers: { 'content-type': 'application/json', ...headers }, payload });

describe('a service on the kit', () => {
  it('has the correlation id of its caller, in its code and in its response', async () => {
    const response = await add('{"text":"a"}', { 'x-correlation-id': 'mine' });
    expect([response.statusCode, response.json()]).toEqual([201, { text: 'a', correlationId: 'mine' }]);
    expect(response.headers).toMatchObject({ 'x-correlation-id': 'mine', 'cache-control': 'no-store' });
  });

  it('returns every error as a problem', async () => {
    const [notValid, repeated, other, none] = await Promise.all([
      add('{"text":""}'),
      add('{"text":"a","text":"b"}'),
      app.inject({ method: 'DELETE', url: '/notes' }),
      app.inject({ method: 'GET', url: '/nothing' }),
    ]);
    expect([notValid, repeated, other, none].map(({ statusCode }) => statusCode)).toEqual([422, 400, 405, 404]);
    expect(notValid.json()).toMatchObject({ title: 'Not valid', errors: [{ path: 'text' }] });
    expect(other.headers).toMatchObject({ allow: 'POST', 'cache-control': 'no-store' });
    expect(none.headers['content-type']).toContain('application/problem+json');
  });

  it('limits the requests that it chooses, as often as it chooses', async () => {
    const limited = { 'x-limited': 'yes' };
    const statuses = async (headers: Record<string, string>) => {
      const responses = [];
      for (let n = 0; n < 3; n++) responses.push(await add('{"text":"a"}', headers));
      return responses.map(({ statusCode }) => statusCode);
    };
    expect([await statuses({}), await statuses(limited)]).toEqual([
      [201, 201, 201],
      [201, 201, 429],
    ]);
  });

  it('lets only its pages load their own scripts', async () => {
    const [page, data, unknown] = await Promise.all([app.inject('/guide'), add('{"text":"a"}'), app.inject('/guided')]);
    const nothing = "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'";
    const own = "script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self' data:;connect-src 'self'";
    const isolated = {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    };
    expect(page.headers).toMatchObject({ 'content-security-policy': `${nothing};${own}`, ...isolated });
    for (const { headers } of [data, unknown])
      expect(headers).toMatchObject({ 'content-security-policy': nothing, ...isolated });
  });

  it('allows the pages of the origins that it names', async () => {
    const origins = ['https://notes.example', 'https://other.example'];
    const responses = await Promise.all(origins.map((origin) => add('{"text":"a"}', { origin })));
    expect(responses.map(({ headers }) => headers['access-control-allow-origin'])).toEqual([origins[0], undefined]);
  });
});
