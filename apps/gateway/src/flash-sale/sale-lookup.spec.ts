import type { Sale } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { describe, expect, it } from 'vitest';
import { saleOf } from '../testing/flash-sale-peer.js';
import { SaleLookup } from './sale-cache.js';

const NONE = ProblemError.of(404, 'Sale not found');
const SILENT = ProblemError.of(503, 'Service Unavailable');

/** Each request stays open until the test answers it. */
function lookup() {
  const requests: { id: string; answer(sale: Sale): void; refuse(why: Error): void }[] = [];
  let now = 1;
  const request = (id: string): Promise<Sale> => new Promise((answer, refuse) => requests.push({ id, answer, refuse }));
  return { sales: new SaleLookup(request, () => now), requests, pass: (ms: number) => (now += ms) };
}
const outcome = (look: Promise<Sale | undefined>): Promise<unknown> =>
  look.catch((error: ProblemError) => error.problem.status);

describe('a sale that is not cached', () => {
  it('is requested once for all concurrent claims', async () => {
    const { sales, requests } = lookup();
    const looks = Promise.all([sales.find('a'), sales.find('a'), sales.find('a')]);
    expect(requests).toHaveLength(1);
    requests[0]!.answer(saleOf({ id: 'a' }));
    expect((await looks).map((sale) => sale?.id)).toEqual(['a', 'a', 'a']);
  });

  it('is 404 when it does not exist, for a while without another request', async () => {
    const { sales, requests, pass } = lookup();
    const look = outcome(sales.find('a'));
    requests[0]!.refuse(NONE);
    expect([await look, await outcome(sales.find('a'))]).toEqual([404, 404]);
    expect(requests).toHaveLength(1);
    pass(5_001);
    void sales.find('a');
    expect(requests).toHaveLength(2);
  });

  it('may exist when flash-sale does not reply, for a while without another request', async () => {
    const { sales, requests } = lookup();
    const look = sales.find('a');
    requests[0]!.refuse(SILENT);
    expect([await look, await sales.find('a')]).toEqual([undefined, undefined]);
    expect(requests).toHaveLength(1);
  });

  it('is 503 while twenty other lookups are under way, and requested after that', async () => {
    const { sales, requests } = lookup();
    const looks = Array.from({ length: 20 }, (_, n) => sales.find(`made up ${n}`));
    expect(await outcome(sales.find('a'))).toBe(503);
    requests[7]!.refuse(SILENT);
    await looks[7];
    void sales.find('a');
    expect(requests.map(({ id }) => id)).toContain('a');
  });
});
