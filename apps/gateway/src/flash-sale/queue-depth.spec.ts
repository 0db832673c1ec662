import { eventually } from '@sluice/testing';
import { describe, expect, it } from 'vitest';
import { brokerOrOwner, QueueDepth } from './queue-depth.js';

/** A depth from the given answers, and a clock that the test sets. */
function sampled(...answers: (number | Promise<number>)[]) {
  let [now, requests] = [0, 0];
  const request = async (): Promise<number> => {
    requests += 1;
    if (answers.length === 0) throw new Error('no owner');
    return answers.shift()!;
  };
  return { depth: new QueueDepth(request, () => now), pass: (ms: number) => (now += ms), requests: () => requests };
}

describe('the source of the depth', () => {
  const refusal = Object.assign(new Error('ACCESS_REFUSED'), { code: 403 });

  it('is the broker, and the owner once the broker has refused access', async () => {
    const requests: string[] = [];
    const request = (who: string, answer: () => number) => async () => (requests.push(who), answer());
    const answers = [
      () => 4,
      () => {
        throw refusal;
      },
    ];
    const depth = brokerOrOwner(
      request('broker', () => answers.shift()!()),
      request('owner', () => 5),
    );
    expect([await depth(), await depth(), await depth()]).toEqual([4, 5, 5]);
    expect(requests).toEqual(['broker', 'broker', 'owner', 'owner']);
  });

  it('is missing while there is no broker', async () => {
    await expect(
      brokerOrOwner(
        () => Promise.reject(new Error('there is no connection to the broker')),
        async () => 5,
      )(),
    ).rejects.toThrow('no connection');
  });
});

describe('the depth of the queue', () => {
  it('is the sampled depth, and the claims admitted since', async () => {
    const { depth, requests } = sampled(7);
    depth.admit();
    expect(await depth.now()).toBe(7);
    depth.admit();
    depth.admit();
    expect(await depth.now()).toBe(9);
    expect(requests()).toBe(1);
  });

  it('is sampled at most four times a second, without delaying callers', async () => {
    const { depth, pass, requests } = sampled(7, 5, 3);
    await depth.now();
    pass(251);
    expect(await depth.now()).toBe(7);
    await eventually(async () => expect(await depth.now()).toBe(5));
    expect(requests()).toBe(2);
  });

  it('is awaited when the last sample is stale', async () => {
    const { depth, pass } = sampled(7, 3);
    await depth.now();
    pass(2_001);
    expect(await depth.now()).toBe(3);
  });

  it('is undefined when the owner does not reply, or not in time', async () => {
    expect(await sampled().depth.now()).toBeUndefined();
    expect(await sampled(new Promise<number>(() => undefined)).depth.now()).toBeUndefined();
  });

  it('is sampled again after a failure, without delaying callers', async () => {
    let answer: (depth: number) => void = () => undefined;
    const { depth, pass, requests } = sampled(
      Promise.reject(new Error('away')),
      new Promise<number>((resolve) => (answer = resolve)),
    );
    expect(await depth.now()).toBeUndefined();
    pass(251);
    const began = performance.now();
    expect(await depth.now()).toBeUndefined();
    expect([requests(), performance.now() - began < 250]).toEqual([2, true]);
    answer(3);
    await eventually(async () => expect(await depth.now()).toBe(3));
  });

  it('counts claims admitted while a sample is under way', async () => {
    let answer: (depth: number) => void = () => undefined;
    const { depth } = sampled(new Promise<number>((resolve) => (answer = resolve)));
    const first = depth.now();
    depth.admit();
    answer(4);
    expect(await first).toBe(5);
  });
});
