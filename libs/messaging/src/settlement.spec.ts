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
  it('answers whoever waits', () =>
    expect(settle({ returned: { n: 1 } }, waiting)).toEqual({ do: 'ack', answer: { value: { n: 1 } } }));
  it('answers with nothing, too', () =>
    expect(settle({ returned: undefined }, waiting)).toEqual({ do: 'ack', answer: { value: undefined } }));
  it('does not answer a caller who has gone', () =>
    expect(settle({ returned: { n: 1 } }, late)).toEqual({ do: 'ack' }));
  it('leaves the answer to somebody else when it says so', () =>
    expect(settle({ returned: DELEGATED }, waiting)).toEqual({ do: 'ack' }));
});

describe('a handler that says no', () => {
  it('tells whoever waits, and is done', () =>
    expect(settle(threw(conflict), waiting)).toEqual({ do: 'ack', answer: { problem: conflict.problem } }));
  it('is done also when they have gone', () =>
    expect(settle(threw(conflict), late)).toEqual({ do: 'ack', note: 'nobody waits for this any more: Conflict' }));
  it('to nobody is a dead letter', () =>
    expect(settle(threw(conflict), plain)).toMatchObject({
      do: 'dead',
      attempts: 1,
      reason: 'ProblemError: Conflict',
    }));
});

describe('a handler that failed', () => {
  it('is tried again after each tier, in order, and then is a dead letter', () => {
    const endings = [0, 1, 2].map((attempts) => settle(threw(new Error('away')), { ...plain, attempts }));
    expect(endings).toMatchObject([
      { do: 'retry', tierMs: 1_000, attempts: 1, reason: 'Error: away' },
      { do: 'retry', tierMs: 10_000, attempts: 2 },
      { do: 'dead', attempts: 3, reason: 'Error: away', stack: expect.stringContaining('settlement.spec') },
    ]);
  });
  it('for good is a dead letter at once', () =>
    expect(settle(threw(new PermanentError('gone')), plain)).toMatchObject({ do: 'dead', attempts: 1 }));
  it('for good tells whoever waits', () =>
    expect(settle(threw(new PermanentError('gone')), waiting)).toMatchObject({
      do: 'dead',
      answer: { problem: { status: 500 } },
    }));
  it('on a malformed message says whose fault it is', () =>
    expect(settle(threw(new MalformedError('no JSON')), waiting)).toMatchObject({
      do: 'dead',
      answer: { problem: { type: 'about:blank', title: 'Malformed message', status: 400, detail: 'no JSON' } },
    }));
  it('tells a stranger nothing of how', () => {
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
  ])('by no fault of its own lets whoever asked a question ask again: %s', (error) => {
    expect(settle(threw(error), { ...waiting, transient: true })).toMatchObject({
      do: 'ack',
      answer: { problem: { type: 'about:blank', title: 'Temporarily unavailable', status: 503 } },
    });
  });
  it('without a stack leaves none behind', () => {
    const bare = Object.assign(new PermanentError('gone'), { stack: undefined });
    expect(settle(threw(bare), plain)).toStrictEqual({ do: 'dead', attempts: 1, reason: 'PermanentError: gone' });
  });
  it('with something that is no error still has a reason', () =>
    expect(settle(threw('oops'), plain)).toMatchObject({ reason: 'oops' }));
});

describe('a message that the environment fails', () => {
  const away = threw(
    new UnavailableError('no answer', { dependency: 'carrier', mayBePoison: true, retryAfterMs: 5_000 }),
  );

  it('stays here until its dependency works again, however often it has failed before', () => {
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
  it('is not charged where it cannot be the reason', () => {
    const refused = threw(new UnavailableError('refused', { dependency: 'database' }));
    expect(settle(refused, { ...plain, failsAlone: true })).toEqual({
      do: 'hold',
      dependency: 'database',
      mayBePoison: false,
      reason: 'UnavailableError: refused',
    });
  });
  it('waits in the shortest tier for a row that somebody else holds, and is never charged for it', () => {
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
  it('waits for a replica that knows it, first for a short time and then for a longer one, and is given up in the end', () => {
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
  it('is a dead letter where there is no tier to wait in', () => {
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

describe('whatever happens', () => {
  it('work that is done is never done again', () => {
    fc.assert(fc.property(fc.anything(), circumstances, (returned, about) => settle({ returned }, about).do === 'ack'));
  });
  it('what must not be kept is neither retried nor a dead letter', () => {
    fc.assert(
      fc.property(outcome, circumstances, (what, about) => settle(what, { ...about, transient: true }).do === 'ack'),
    );
  });
  it('only those who wait are answered, and a retry answers nobody yet', () => {
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
  it('every message comes to an end: failing again and again, it is retried once per tier at most', () => {
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
  it('a fault that might pass is never a dead letter while a tier is left', () => {
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
