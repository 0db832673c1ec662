import type { Sale } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { describe, expect, it } from 'vitest';
import { saleOf } from '../testing/flash-sale-peer.js';
import { SaleLookup } from './sale-lookup.js';

const NONE = ProblemError.of(404, 'Sale not found');
const SILENT = ProblemError.of(503, 'Service Unavailable');

/** Answers wait until they are given. */
function lookup() {
  const asked: { id: string; answer(sale: Sale): void; refuse(why: Error): void }[] = [];
  let now = 1;
  const ask = (id: string): Promise<Sale> => new Promise((answer, refuse) => asked.push({ id, answer, refuse }));
  return { sales: new SaleLookup(ask, () => now), asked, pass: (ms: number) => (now += ms) };
}
const outcome = (look: Promise<Sale | undefined>): Promise<unknown> =>
  look.catch((error: ProblemError) => error.problem.status);

describe('a sale that was never heard of', () => {
  it('is asked for once, however many come for it', async () => {
    const { sales, asked } = lookup();
    const looks = Promise.all([sales.find('a'), sales.find('a'), sales.find('a')]);
    expect(asked).toHaveLength(1);
    asked[0]!.answer(saleOf({ id: 'a' }));
    expect((await looks).map((sale) => sale?.id)).toEqual(['a', 'a', 'a']);
  });

  it('is 404 when there is none, for a while without asking again', async () => {
    const { sales, asked, pass } = lookup();
    const look = outcome(sales.find('a'));
    asked[0]!.refuse(NONE);
    expect([await look, await outcome(sales.find('a'))]).toEqual([404, 404]);
    expect(asked).toHaveLength(1);
    pass(5_001);
    void sales.find('a');
    expect(asked).toHaveLength(2);
  });

  it('may be one when nobody can say, for a while without asking again', async () => {
    const { sales, asked } = lookup();
    const look = sales.find('a');
    asked[0]!.refuse(SILENT);
    expect([await look, await sales.find('a')]).toEqual([undefined, undefined]);
    expect(asked).toHaveLength(1);
  });

  it('is 503 while twenty others are asked for, and then asked for as well', async () => {
    const { sales, asked } = lookup();
    const looks = Array.from({ length: 20 }, (_, n) => sales.find(`made up ${n}`));
    expect(await outcome(sales.find('a'))).toBe(503);
    asked[7]!.refuse(SILENT);
    await looks[7];
    void sales.find('a');
    expect(asked.map(({ id }) => id)).toContain('a');
  });
});
