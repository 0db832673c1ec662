import { eventually } from '@sluice/testing';
import { describe, expect, it } from 'vitest';
import { brokerOrOwner, QueueDepth } from './queue-depth.js';

/** An owner that says what it is told to, and a clock that is set. */
function sampled(...answers: (number | Promise<number>)[]) {
  let [now, asked] = [0, 0];
  const ask = async (): Promise<number> => {
    asked += 1;
    if (answers.length === 0) throw new Error('no owner');
    return answers.shift()!;
  };
  return { depth: new QueueDepth(ask, () => now), pass: (ms: number) => (now += ms), asked: () => asked };
}

describe('who is asked for the depth', () => {
  const refusal = Object.assign(new Error('ACCESS_REFUSED'), { code: 403 });

  it('is the broker, and the owner as soon as the broker refuses to say', async () => {
    const asked: string[] = [];
    const ask = (who: string, answer: () => number) => async () => (asked.push(who), answer());
    const answers = [
      () => 4,
      () => {
        throw refusal;
      },
    ];
    const depth = brokerOrOwner(
      ask('broker', () => answers.shift()!()),
      ask('owner', () => 5),
    );
    expect([await depth(), await depth(), await depth()]).toEqual([4, 5, 5]);
    expect(asked).toEqual(['broker', 'broker', 'owner', 'owner']);
  });

  it('is nobody while there is no broker', async () => {
    await expect(
      brokerOrOwner(
        () => Promise.reject(new Error('there is no connection to the broker')),
        async () => 5,
      )(),
    ).rejects.toThrow('no connection');
  });
});

describe('the depth of the queue', () => {
  it('is what the owner says, and those who were let in since', async () => {
    const { depth, asked } = sampled(7);
    depth.admit();
    expect(await depth.now()).toBe(7);
    depth.admit();
    depth.admit();
    expect(await depth.now()).toBe(9);
    expect(asked()).toBe(1);
  });

  it('is asked for four times a second at most, and nobody waits for that', async () => {
    const { depth, pass, asked } = sampled(7, 5, 3);
    await depth.now();
    pass(251);
    expect(await depth.now()).toBe(7);
    await eventually(async () => expect(await depth.now()).toBe(5));
    expect(asked()).toBe(2);
  });

  it('is waited for when what is known is too old', async () => {
    const { depth, pass } = sampled(7, 3);
    await depth.now();
    pass(2_001);
    expect(await depth.now()).toBe(3);
  });

  it('is unknown when the owner does not say, or takes too long to', async () => {
    expect(await sampled().depth.now()).toBeUndefined();
    expect(await sampled(new Promise<number>(() => undefined)).depth.now()).toBeUndefined();
  });

  it('is asked for again after a failure, and nobody waits for that answer', async () => {
    let answer: (depth: number) => void = () => undefined;
    const { depth, pass, asked } = sampled(
      Promise.reject(new Error('away')),
      new Promise<number>((resolve) => (answer = resolve)),
    );
    expect(await depth.now()).toBeUndefined();
    pass(251);
    const began = performance.now();
    expect(await depth.now()).toBeUndefined();
    expect([asked(), performance.now() - began < 250]).toEqual([2, true]);
    answer(3);
    await eventually(async () => expect(await depth.now()).toBe(3));
  });

  it('counts who is let in while the owner is being asked', async () => {
    let answer: (depth: number) => void = () => undefined;
    const { depth } = sampled(new Promise<number>((resolve) => (answer = resolve)));
    const first = depth.now();
    depth.admit();
    answer(4);
    expect(await first).toBe(5);
  });
});
