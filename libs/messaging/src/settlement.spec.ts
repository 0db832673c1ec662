import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DELEGATED } from './delegated.js';
import {
  LockedError,
  MalformedError,
  PermanentError,
  ProblemError,
  UnavailableError,
  UnsupportedError,
} from './errors.js';
import { settle, type Circumstances, type Outcome } from './settlement.js';

const plain: Circumstances = {
  attempts: 0,
  unchargedRetries: 0,
  tiersMs: [1_000, 10_000],
  transient: false,
  caller: 'nobody',
  failsAlone: false,
  unsupportedForMs: 60_000,
};
const waiting: Circumstances = { ...plain, caller: 'waiting' };
const late: Circumstances = { ...plain, caller: 'late' };
const threw = (error: unknown): Outcome => ({ threw: error });
const conflict = ProblemError.of(409, 'Conflict');

describe('a handler that returned', () => {
  it('is acknowledged', () => expect(settle({ returned: undefined }, plain)).toEqual({ do: 'ack' }));
  it('answers a waiting caller', () =>
    expect(settle({ returned: { n: 1 } }, waiting)).toEqual({ do: 'ack', answer: { value: { n: 1 } } }));
  it('answers with an empty value too', () =>
    expect(settle({ returned: undefined }, waiting)).toEqual({ do: 'ack', answer: { value: undefined } }));
  it('does not answer a caller whose deadline has passed', () =>
    expect(settle({ returned: { n: 1 } }, late)).toEqual({ do: 'ack' }));
  it('leaves the answer to another handler when it returns DELEGATED', () =>
    expect(settle({ returned: DELEGATED }, waiting)).toEqual({ do: 'ack' }));
});

describe('a handler that refuses with a problem', () => {
  it('answers a waiting caller, and is done', () =>
    expect(settle(threw(conflict), waiting)).toEqual({ do: 'ack', answer: { problem: conflict.problem } }));
  it('is done also after the deadline of its caller', () =>
    expect(settle(threw(conflict), late)).toEqual({ do: 'ack', note: 'nobody waits for this any more: Conflict' }));
  it('without a caller leaves a dead letter', () =>
    expect(settle(threw(conflict), plain)).toMatchObject({
      do: 'dead',
      attempts: 1,
      reason: 'ProblemError: Conflict',
    }));
});

describe('a handler that failed', () => {
  it('is retried after each tier, in order, and then leaves a dead letter', () => {
    const endings = [0, 1, 2].map((attempts) => settle(threw(new Error('away')), { ...plain, attempts }));
    expect(endings).toMatchObject([
      { do: 'retry', tierMs: 1_000, attempts: 1, reason: 'Error: away' },
      { do: 'retry', tierMs: 10_000, attempts: 2 },
      { do: 'dead', attempts: 3, reason: 'Error: away', stack: expect.stringContaining('settlement.spec') },
    ]);
  });
  it('permanently leaves a dead letter at once', () =>
    expect(settle(threw(new PermanentError('gone')), plain)).toMatchObject({ do: 'dead', attempts: 1 }));
  it('permanently answers a waiting caller', () =>
    expect(settle(threw(new PermanentError('gone')), waiting)).toMatchObject({
      do: 'dead',
      answer: { problem: { status: 500 } },
    }));
  it('on a malformed message answers 400 with the reason', () =>
    expect(settle(threw(new MalformedError('no JSON')), waiting)).toMatchObject({
      do: 'dead',
      answer: { problem: { type: 'about:blank', title: 'Malformed message', status: 400, detail: 'no JSON' } },
    }));
  it('reveals no details to its caller', () => {
    const ending = settle(threw(new Error('password=x')), { ...waiting, transient: true });
    expect(ending).toMatchObject({
      do: 'ack',
      answer: { problem: { type: 'about:blank', status: 500, title: 'Internal error' } },
    });
    expect(JSON.stringify('answer' in ending && ending.answer)).not.toContain('password');
  });
  it.each([
    new UnavailableError('no database', { dependency: 'database' }),
    new LockedError('held'),
    new UnsupportedError('version 2'),
  ])('because of its environment answers a query with 503, so that it can be repeated: %s', (error) => {
    expect(settle(threw(error), { ...waiting, transient: true })).toMatchObject({
      do: 'ack',
      answer: { problem: { type: 'about:blank', title: 'Temporarily unavailable', status: 503 } },
    });
  });
  it('with an error without a stack records none', () => {
    const bare = Object.assign(new PermanentError('gone'), { stack: undefined });
    expect(settle(threw(bare), plain)).toStrictEqual({ do: 'dead', attempts: 1, reason: 'PermanentError: gone' });
  });
  it('with a thrown value that is no Error still has a reason', () =>
    expect(settle(threw('oops'), plain)).toMatchObject({ reason: 'oops' }));
});

describe('a message that fails because of the environment', () => {
  const away = threw(
    new UnavailableError('no answer', { dependency: 'carrier', mayBePoison: true, retryAfterMs: 5_000 }),
  );

  it('is held until its dependency works again, however often it has failed before', () => {
    const held = {
      do: 'hold',
      dependency: 'carrier',
      mayBePoison: true,
      reason: 'UnavailableError: no answer',
      retryAfterMs: 5_000,
    };
    for (const attempts of [0, 1, 2, 50]) expect(settle(away, { ...plain, attempts })).toEqual(held);
    expect(settle(away, waiting)).toEqual(held);
    const silent = threw(new UnavailableError('no answer', { dependency: 'sms' }));
    expect(settle(silent, plain)).toStrictEqual({
      do: 'hold',
      dependency: 'sms',
      mayBePoison: false,
      reason: 'UnavailableError: no answer',
    });
  });
  it('is charged an attempt when it fails alone, and is a dead letter after the last one', () => {
    const alone = { ...plain, unchargedRetries: 4, failsAlone: true };
    expect(settle(away, alone)).toEqual({
      do: 'retry',
      tierMs: 1_000,
      attempts: 1,
      unchargedRetries: 4,
      reason: 'UnavailableError: no answer',
    });
    expect(settle(away, { ...alone, attempts: 2 })).toMatchObject({ do: 'dead', attempts: 3 });
  });
  it('is not charged when it cannot be the reason', () => {
    const refused = threw(new UnavailableError('refused', { dependency: 'database' }));
    expect(settle(refused, { ...plain, failsAlone: true })).toEqual({
      do: 'hold',
      dependency: 'database',
      mayBePoison: false,
      reason: 'UnavailableError: refused',
    });
  });
  it('waits in the shortest tier for a row that another transaction holds, and is never charged', () => {
    for (const unchargedRetries of [0, 1, 1_000_000]) {
      expect(settle(threw(new LockedError('held')), { ...plain, attempts: 1, unchargedRetries })).toEqual({
        do: 'retry',
        tierMs: 1_000,
        attempts: 1,
        unchargedRetries: unchargedRetries + 1,
        reason: 'LockedError: held',
      });
    }
  });
  it('waits for a supporting replica, first in a short tier, then in a longer one, and is then dead-lettered', () => {
    const waits: number[] = [];
    for (let unchargedRetries = 0; ; unchargedRetries++) {
      const ending = settle(threw(new UnsupportedError('version 2')), { ...plain, attempts: 1, unchargedRetries });
      if (ending.do !== 'retry') {
        expect(ending).toMatchObject({ do: 'dead', attempts: 2, reason: 'UnsupportedError: version 2' });
        break;
      }
      expect(ending).toMatchObject({ attempts: 1, unchargedRetries: unchargedRetries + 1 });
      waits.push(ending.tierMs);
    }
    expect(waits).toEqual([1_000, 1_000, 1_000, 1_000, 1_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000]);
  });
  it('is a dead letter when there is no tier', () => {
    for (const error of [new LockedError('held'), new UnsupportedError('version 2')])
      expect(settle(threw(error), { ...plain, tiersMs: [] })).toMatchObject({ do: 'dead' });
  });
  it('waits in the only tier there is', () => {
    const one = { ...plain, tiersMs: [1_000], unsupportedForMs: 7_000 };
    expect(
      [0, 5, 6, 7].map((unchargedRetries) => settle(threw(new UnsupportedError('v')), { ...one, unchargedRetries }).do),
    ).toEqual(['retry', 'retry', 'retry', 'dead']);
  });
});

const error = fc.constantFrom<unknown>(
  new Error('e'),
  new PermanentError('p'),
  new MalformedError('m'),
  conflict,
  'text',
  undefined,
);
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ threw: error }),
  fc.record({ returned: fc.anything() }),
  fc.constant({ returned: DELEGATED }),
);
const circumstances: fc.Arbitrary<Circumstances> = fc.record({
  attempts: fc.nat(6),
  unchargedRetries: fc.nat(6),
  failsAlone: fc.boolean(),
  unsupportedForMs: fc.nat(3_600_000),
  tiersMs: fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 4 }),
  transient: fc.boolean(),
  caller: fc.constantFrom('waiting', 'late', 'nobody'),
});

describe('for every outcome', () => {
  it('a returned value is acknowledged, never retried', () => {
    fc.assert(fc.property(fc.anything(), circumstances, (returned, about) => settle({ returned }, about).do === 'ack'));
  });
  it('a transient message is neither retried nor dead-lettered', () => {
    fc.assert(
      fc.property(outcome, circumstances, (what, about) => settle(what, { ...about, transient: true }).do === 'ack'),
    );
  });
  it('only waiting callers are answered, and never by a retry', () => {
    fc.assert(
      fc.property(outcome, circumstances, (what, about) => {
        const ending = settle(what, about);
        return (
          !('answer' in ending) ||
          ending.answer === undefined ||
          (about.caller === 'waiting' && ending.do !== ('retry' as string))
        );
      }),
    );
  });
  it('a message that fails again and again is retried at most once per tier', () => {
    fc.assert(
      fc.property(error, circumstances, (thrown, about) => {
        let attempts = 0;
        for (let tries = 0; tries <= about.tiersMs.length; tries++) {
          const ending = settle({ threw: thrown }, { ...about, attempts });
          if (ending.do !== 'retry') return true;
          expect(ending.tierMs).toBe(about.tiersMs[attempts]);
          attempts = ending.attempts;
        }
        return false;
      }),
    );
  });
  it('a fault that may be temporary is never dead-lettered while a tier is left', () => {
    fc.assert(
      fc.property(
        circumstances,
        (about) =>
          about.transient ||
          about.attempts >= about.tiersMs.length ||
          settle(threw(new Error('e')), about).do === 'retry',
      ),
    );
  });
});
