// @ts-nocheck
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inflict } from './faults.js';
import { Providers } from './long/providers.js';

const fault = {
  name: 'providers',
  parts: [{ kind: /** @type {const} */ 'providers', phases: { away: 1, broken: 1 } }],
  pauseMs: 0,
  holdMs: 400,
};

let providers;
beforeEach(async () => {
  providers = await new Providers().open();
});
afterEach(() => providers.close());

const answer = () =>
  fetch(`${providers.url}/messages`, { method: 'POST', headers: { 'idempotency-key': 'k' }, body: '{}' }).then(
    ({ status }) => status,
    () => 'none',
  );

it('does what the plan says, one phase after the other, and ends it', async () => {
  const answers = new Set();
  let over = false;
  const asking = (async () => {
    while (!over) answers.add(await answer());
  })();
  expect(await inflict(fault, { providers })).toEqual({ bit: true });
  over = true;
  await asking;
  expect([...answers].filter((one) => one !== 201)).toEqual(['none', 500]);
  expect(await answer()).toBe(201);
});

it('says that a fault was not really there when nobody has met it', async () => {
  expect(await inflict(fault, { providers })).toEqual({ bit: false });
});

it('ends what was begun when something after it cannot be done', async () => {
  const parts = [...fault.parts, { kind: /** @type {const} */ 'kill', victims: ['orders'] }];
  await expect(inflict({ ...fault, parts }, { providers, supervisor: { processOf: () => undefined } })).rejects.toThrow(
    'nobody to send SIGKILL to',
  );
  expect(await answer()).toBe(201);
});
