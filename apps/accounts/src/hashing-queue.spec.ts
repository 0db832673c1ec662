import { describe, expect, it } from 'vitest';
import { HashingQueue, type HashRequest } from './hashing-queue.js';
import { hashesAtATime } from './password.js';

/** A queue with one running job, and the order in which jobs ran; nothing runs before `open`. */
function hashingQueue(clock: () => number = () => 0) {
  const order: string[] = [];
  const hashing = new HashingQueue(1, clock);
  let open!: () => void;
  const first = hashing.run(
    { client: 'first', signedInBefore: false },
    () => new Promise<void>((resolve) => (open = resolve)),
  );
  const answers: Promise<string>[] = [first.then(() => 'first')];
  const stand = (name: string, who: Partial<HashRequest> & { client: string }): Promise<string> => {
    const answer = hashing
      .run({ signedInBefore: false, ...who }, async () => void order.push(name))
      .then(
        () => 'done',
        (error: { problem: { status: number } }) => String(error.problem.status),
      );
    answers.push(answer);
    return answer;
  };
  const all = async (): Promise<string[]> => {
    open();
    await Promise.all(answers);
    return order;
  };
  return { stand, all };
}

describe('the queue for password hashes', () => {
  it('lets addresses take turns, however many jobs one of them has', async () => {
    const { stand, all } = hashingQueue();
    for (const n of [1, 2, 3]) void stand(`a${n}`, { client: 'a' });
    void stand('b1', { client: 'b' });
    void stand('c1', { client: 'c' });
    expect(await all()).toEqual(['a1', 'b1', 'c1', 'a2', 'a3']);
  });

  it('serves trusted requests first, and an untrusted one every fourth time', async () => {
    const { stand, all } = hashingQueue();
    for (const n of [1, 2]) void stand(`s${n}`, { client: `s${n}` });
    for (const n of [1, 2, 3, 4]) void stand(`k${n}`, { client: `k${n}`, signedInBefore: true });
    expect(await all()).toEqual(['k1', 'k2', 'k3', 's1', 'k4', 's2']);
  });

  it('refuses more than 16 waiting jobs of one address, and accepts those of another', async () => {
    const { stand, all } = hashingQueue();
    for (let n = 0; n < 16; n++) void stand('a', { client: 'a' });
    expect(await stand('a', { client: 'a' })).toBe('429');
    const other = stand('b', { client: 'b' });
    expect((await all()).indexOf('b')).toBe(1);
    expect(await other).toBe('done');
  });

  it('makes room for an address with few jobs by refusing one with many, and is full for one with as many', async () => {
    const { stand, all } = hashingQueue();
    const attackers = Array.from({ length: 200 }, (_, n) => stand('attack', { client: `attacker ${n % 20}` }));
    const friend = stand('friend', { client: 'friend' });
    expect(await stand('attack', { client: 'attacker 1' })).toBe('503');
    const order = await all();
    expect([await friend, order.indexOf('friend')]).toEqual(['done', 20]);
    expect((await Promise.all(attackers)).filter((answer) => answer === '503')).toHaveLength(1);
  });

  it('does not start a job without a waiting caller', async () => {
    let now = 0;
    const { stand, all } = hashingQueue(() => now);
    const late = stand('late', { client: 'a', deadline: 1_000 });
    void stand('patient', { client: 'b', deadline: 2_000 });
    now = 1_000;
    expect(await all()).toEqual(['patient']);
    expect(await late).toBe('503');
  });

  it('continues after a failed job, and runs as many at once as allowed', async () => {
    const hashing = new HashingQueue(2);
    let [running, most] = [0, 0];
    const job = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    };
    await expect(
      hashing.run({ client: undefined, signedInBefore: false }, () => Promise.reject(new Error('first'))),
    ).rejects.toThrow('first');
    await Promise.all(Array.from({ length: 40 }, () => hashing.run({ client: undefined, signedInBefore: false }, job)));
    expect(most).toBe(2);
  });
});

describe('as many hashes at a time', () => {
  it.each([
    ['as there are threads, when there are fewer than cores', 4, 16, 4],
    ['as there are cores, when there are fewer than threads', 12, 2, 2],
  ])('%s', (_, threads, cores, hashes) => {
    expect(hashesAtATime(threads, cores)).toBe(hashes);
  });
});
