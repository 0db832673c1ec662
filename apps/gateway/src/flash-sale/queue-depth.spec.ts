import { eventually } from '@sluice/testing';
import { describe, expect, it } from 'vitest';
import { QueueDepth } from './queue-depth.js';

/** A broker that says what it is told to, and a clock that is set. */
function sampled(...answers: (number | Promise<number>)[]) {
  let [now, asked] = [0, 0];
  const ask = async (): Promise<number> => {
    asked += 1;
    if (answers.length === 0) throw new Error('no broker');
    return answers.shift()!;
  };
  return { depth: new QueueDepth(ask, () => now), pass: (ms: number) => (now += ms), asked: () => asked };
}

describe('the depth of the queue', () => {
  it('is what the broker says, and those who were let in since', async () => {
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

  it('is unknown when the broker does not say, or takes too long to', async () => {
    expect(await sampled().depth.now()).toBeUndefined();
    expect(await sampled(new Promise<number>(() => undefined)).depth.now()).toBeUndefined();
  });

  it('counts who is let in while the broker is being asked', async () => {
    let answer: (depth: number) => void = () => undefined;
    const { depth } = sampled(new Promise<number>((resolve) => (answer = resolve)));
    const first = depth.now();
    depth.admit();
    answer(4);
    expect(await first).toBe(5);
  });
});
