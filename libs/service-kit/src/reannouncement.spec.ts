import type { Message } from '@sluice/contracts/kit';
import { expect, it } from 'vitest';
import { NOTHING, Reannouncement, type Announced, type Position } from './reannouncement.js';

const SINCE = '2026-01-01T12:00:00Z';
const FIRST_PAGE = { since: SINCE, refund: false };

/** Numbered rows; every tenth has something to tell. */
function numbered(what: string, count: number) {
  const asked: Position[] = [];
  const announced: string[] = [];
  const ids = Array.from({ length: count }, (_, n) => String(n).padStart(5, '0'));
  const kind: Announced = {
    what,
    rows: async (position) => {
      asked.push(position);
      return ids
        .filter((id) => id > (position.after ?? ''))
        .slice(0, position.limit)
        .map((id) => ({ id }));
    },
    announce: async ({ correlationId }: Message, { id }) => {
      announced.push(id);
      return Number(id) % 10 === 9 ? `${id} of ${correlationId}` : undefined;
    },
  };
  return { kind, asked, announced, ids };
}

it('announces every row of every kind once, page by page, and tells what there is to know', async () => {
  const [orders, accounts] = [numbered('orders', 1_001), numbered('accounts', 3)];
  const reannouncement = new Reannouncement(orders.kind, accounts.kind);
  const pages = [];
  for (let next: string | undefined = '0'; next !== undefined;) {
    const page = await reannouncement.announce({ ...FIRST_PAGE, after: next });
    pages.push(page);
    next = page.next;
  }
  expect(pages.map(({ what, rows }) => [what, rows])).toEqual([
    ['orders', 500],
    ['orders', 500],
    ['orders', 1],
    ['accounts', 3],
  ]);
  expect([orders.announced, accounts.announced]).toEqual([orders.ids, accounts.ids]);
  expect(pages.flatMap(({ findings }) => findings)).toHaveLength(100);
  expect(pages[0]?.findings[0]).toBe('00009 of 00009');
  expect(orders.asked[0]).toEqual({ since: SINCE, after: undefined, limit: 500 });
});

it('announces the kinds that come first when it is asked for these, and the others otherwise', async () => {
  const [cancelled, orders] = [numbered('cancelled', 501), numbered('orders', 1)];
  const reannouncement = new Reannouncement({ ...cancelled.kind, first: true }, orders.kind);
  const { next } = await reannouncement.announce({ ...FIRST_PAGE, first: true });
  expect(await reannouncement.announce({ ...FIRST_PAGE, first: true, after: next })).toEqual({
    what: 'cancelled',
    rows: 1,
    findings: [],
  });
  expect([cancelled.announced, orders.announced]).toEqual([cancelled.ids, []]);
  await reannouncement.announce(FIRST_PAGE);
  expect([cancelled.announced, orders.announced]).toEqual([cancelled.ids, orders.ids]);
  expect(await new Reannouncement(orders.kind).announce({ ...FIRST_PAGE, first: true })).toEqual(NOTHING);
});

it('has a last page when a kind ends with a full one, and one when there is nothing', async () => {
  const { kind } = numbered('orders', 500);
  const { next } = await new Reannouncement(kind).announce(FIRST_PAGE);
  expect(await new Reannouncement(kind).announce({ ...FIRST_PAGE, after: next })).toEqual({
    what: 'orders',
    rows: 0,
    findings: [],
  });
  expect(await new Reannouncement(numbered('orders', 0).kind).announce(FIRST_PAGE)).not.toHaveProperty('next');
});

it('fails when a row cannot be announced, so that the page is asked for again', async () => {
  const { kind } = numbered('orders', 2);
  const failing = { ...kind, announce: () => Promise.reject(new Error('no database')) };
  await expect(new Reannouncement(failing).announce(FIRST_PAGE)).rejects.toThrow('no database');
});
