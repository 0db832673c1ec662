import { afterEach, beforeEach, expect, it } from 'vitest';
import { inflict } from './faults.js';
import { Providers } from './long/providers.js';
import type { Fault, Part } from './plan.js';
import type { SystemUnderTest } from './system.js';

const fault: Fault = {
  name: 'providers',
  parts: [{ kind: 'providers', phases: { away: 1, broken: 1 } }],
  pauseMs: 0,
  holdMs: 400,
};

let providers: Providers;
let system: SystemUnderTest;
beforeEach(async () => {
  providers = await new Providers().open();
  system = { providers, supervisor: { processOf: () => undefined } } as unknown as SystemUnderTest;
});
afterEach(() => providers.close());

const answer = () =>
  fetch(`${providers.url}/messages`, { method: 'POST', headers: { 'idempotency-key': 'k' }, body: '{}' }).then(
    ({ status }) => status,
    () => 'none',
  );

it('does what the plan says, one phase after the other, and ends it', async () => {
  const answers = new Set<number | string>();
  let over = false;
  const asking = (async () => {
    while (!over) answers.add(await answer());
  })();
  expect(await inflict(fault, system)).toEqual({ observed: true });
  over = true;
  await asking;
  expect([...answers].filter((one) => one !== 201)).toEqual(['none', 500]);
  expect(await answer()).toBe(201);
});

it('says that a fault was not really there when nobody has met it', async () => {
  expect(await inflict(fault, system)).toEqual({ observed: false });
});

it('ends what was begun when something after it cannot be done', async () => {
  const parts: Part[] = [...fault.parts, { kind: 'kill', victims: ['orders'] }];
  await expect(inflict({ ...fault, parts }, system)).rejects.toThrow('no process to send SIGKILL to');
  expect(await answer()).toBe(201);
});
