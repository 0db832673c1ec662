import { describe, expect, it } from 'vitest';
import type { Faults } from './shop.js';
import { runScript } from './run-script.js';
import { endOf, problemsOfScenario } from './stand-in/scenarios.js';

const SCRIPTS = ['smoke.js', 'place-order.js', 'capacity.js', 'flash-sale.js', 'overload.js', 'soak.js'];
/** Small enough for a test. */
const SMALL = {
  LOAD_STOCK: '4',
  LOAD_SECONDS: '10',
  LOAD_CAPACITY: '5',
  LOAD_RATE: '3',
  LOAD_MINUTES: '1',
  LOAD_SPIKE_SECONDS: '8',
};
/** A script stops by itself: a soak within its minutes, every other one within this. */
const ENDS_WITHIN_S = 15 * 60;

const run = (script: string, options: Parameters<typeof runScript>[1] = {}) =>
  runScript(script, { env: SMALL, ...options });
const brokenBy = async (script: string, faults: Faults) => (await run(script, { faults })).broken;

describe.concurrent.each(SCRIPTS)('%s', (script) => {
  it('accepts a shop without faults, and prints so', async () => {
    const { threw, broken, summary } = await run(script);
    expect({ threw, broken }).toEqual({ threw: [], broken: [] });
    expect(summary['stdout']).toMatch(/^\n\w[\w-]+: .+\?\n\n(Yes|This many)\.\n/);
    expect(summary['stdout']).not.toMatch(/NaN|undefined|✗/);
  });

  it('ends, and has thresholds only of metrics that exist, at its full size too', async () => {
    const { problems, options, exported } = await runScript(script, { env: { LOAD_CAPACITY: '500' }, most: 0 });
    const scenarios = Object.values(options.scenarios);
    expect([...problems, ...scenarios.flatMap((scenario) => problemsOfScenario(scenario, exported))]).toEqual([]);
    expect(Math.max(...scenarios.map(endOf))).toBeLessThan(
      script === 'soak.js' ? 31 * 60 + ENDS_WITHIN_S : ENDS_WITHIN_S,
    );
    expect(Object.keys(options.thresholds)).toContain('http_req_failed');
  });

  it('prints that it did not run when its setup fails', async () => {
    const { threw, summary } = await run(script, {
      faults: { answer: (request: string) => (request === 'POST /sessions' ? 401 : undefined) },
    });
    expect(threw).toEqual([expect.stringContaining('/sessions answered 401, not 201')]);
    expect(summary['stdout']).toContain('It did not run');
  });
});

describe.concurrent('the load', () => {
  it.each([
    'http://example.com',
    'http://localhost.example.com',
    'http://127.0.0.1@example.com:8080',
    'http://10.0.0.1:8080',
  ])('is never sent to %s', async (BASE_URL) => {
    const { threw, shop } = await run('smoke.js', { env: { BASE_URL } });
    expect(threw).toEqual([expect.stringContaining('load aims at this machine only')]);
    expect(shop.counts.size).toBe(0);
  });

  it('is sent to another machine with LOAD_ALLOW_REMOTE=yes', async () => {
    const { threw } = await run('smoke.js', { env: { BASE_URL: 'http://shop.invalid', LOAD_ALLOW_REMOTE: 'yes' } });
    expect(threw).toEqual([expect.stringContaining('http://shop.invalid/sessions answered')]);
  });

  it.each([
    ['smoke.js', { LOAD_TOKENS: '' }, 'LOAD_TOKENS does not name a file'],
    ['place-order.js', { LOAD_RATE: '1.5' }, 'LOAD_RATE is "1.5"'],
    ['soak.js', { LOAD_MINUTES: '1000000' }, 'from 1 to 1440'],
    ['overload.js', {}, 'LOAD_CAPACITY is not set'],
  ])('of %s with %o is not begun, and the reason is told', async (script, env, reason) => {
    expect((await runScript(script, { env })).threw).toEqual([expect.stringContaining(reason)]);
  });
});

describe.concurrent('smoke.js', () => {
  it.each([
    ['an order that cannot be paid', { neverPayable: true }],
    ['a claim that is never decided', { neverDecide: true }],
    [
      'a timeline that is not there',
      { answer: (request: string) => (request === 'GET /orders/:id/timeline' ? 404 : undefined) },
    ],
  ])('detects %s', async (_, faults) => {
    expect(await brokenBy('smoke.js', faults)).toContain('checks rate==1');
  });
});

describe.concurrent('place-order.js', () => {
  it('detects accepted orders that are missing', async () => {
    expect(await brokenBy('place-order.js', { loseOrders: true })).toContain('unaccounted count<=0');
  });

  it('detects orders that are never decided', async () => {
    expect(await brokenBy('place-order.js', { neverPayable: true })).toContain('checks{audit:orders} rate==1');
  });

  it('detects errors', async () => {
    const everyTenth = (request: string, count: number) =>
      request === 'POST /orders' && count > 5 && count % 10 === 0 ? 500 : undefined;
    expect(await brokenBy('place-order.js', { answer: everyTenth })).toEqual(['http_req_failed rate<0.001']);
  });

  it('detects responses that are too late', async () => {
    const took = (request: string) => (request === 'POST /orders' ? 600 : undefined);
    expect(await brokenBy('place-order.js', { took })).toEqual(['order_answered p(95)<500']);
  });

  it('counts orders that it finds on the second page', async () => {
    const { broken } = await run('place-order.js', {
      users: 2,
      most: 240,
      env: { LOAD_RATE: '24', LOAD_SECONDS: '10' },
    });
    expect(broken).toEqual([]);
  });
});

describe.concurrent('flash-sale.js', () => {
  it.each([
    ['a piece that is sold twice', { sellTwice: true }, ['oversold count==0', 'users_who_won_twice count==0']],
    ['a sale whose counts do not add up', { miscount: true }, ['checks{audit:sale} rate==1', 'oversold count==0']],
    ['tickets that wait for ever', { neverDecide: true }, ['decided rate==1']],
    [
      'responses that are not documented',
      { answer: (request: string) => (request.endsWith('/claims') ? 418 : undefined) },
      ['claims_other count==0', 'http_req_failed rate<0.001'],
    ],
    ['prizes that cannot be paid', { neverPayable: true }, ['paid rate==1', 'checks{audit:sale} rate==1']],
  ])('detects %s', async (_, faults, limits) => {
    expect(await brokenBy('flash-sale.js', faults)).toEqual(expect.arrayContaining(limits));
  });

  it('accepts a full queue, and an unknown result that is known after a retry', async () => {
    const statuses = new Map([
      [2, 429],
      [4, 503],
    ]);
    const busy = (request: string, count: number) => (request.endsWith('/claims') ? statuses.get(count) : undefined);
    const { broken, summary } = await run('flash-sale.js', { faults: { answer: busy } });
    expect(summary['stdout']).toMatch(/1 must retry later \(429\), 0 unknown/);
    expect(broken).toEqual(['http_req_failed rate<0.001']); // one of a dozen requests is more than one in a thousand
  });
});

describe.concurrent('overload.js', () => {
  const refusing = (from: number, to: number) => ({
    answer: (request: string, count: number) =>
      request === 'POST /orders' && count >= from && count <= to ? 503 : undefined,
  });

  it('accepts refusals, and prints their share', async () => {
    const { broken, summary } = await run('overload.js', { faults: refusing(10, 21) });
    expect(broken).toEqual([]);
    expect(summary['stdout']).toContain('201 50.0%, 202 0.0%, 503 or 429 50.0%, anything else 0');
  });

  it('detects a system that does not recover', async () => {
    expect(await brokenBy('overload.js', refusing(10, Infinity))).toContain('recovered rate==1');
  });

  it('detects a crash', async () => {
    const crash = {
      answer: (request: string, count: number) => (request === 'POST /orders' && count === 10 ? 500 : undefined),
    };
    expect(await brokenBy('overload.js', crash)).toContain('overload_other count==0');
  });
});

describe.concurrent('soak.js', () => {
  it('compares the end with the beginning', async () => {
    let orders = 0;
    const took = (request: string) => (request === 'POST /orders' ? 10 + 30 * orders++ : undefined);
    const { broken, summary } = await run('soak.js', { faults: { took } });
    expect(broken).toEqual(['order_answered_last_tenth p(95)<500']);
    expect(Number(/95% took ([\d.]+) times/.exec(summary['stdout'] ?? '')?.[1])).toBeGreaterThan(2);
  });
});

describe.concurrent('capacity.js', () => {
  it('writes its result for overload.js', async () => {
    const { summary } = await run('capacity.js', { env: { ...SMALL, LOAD_RESULT: '/results/capacity.json' } });
    expect(JSON.parse(summary['/results/capacity.json'] ?? '')).toEqual({ perSecond: 2 });
  });
});
