import { describe, expect, it } from 'vitest';
import { newestFirst } from './newest-first.js';

const { after, orderBy, page, take } = newestFirst('placedAt');
const idOf = (n: number): string => `01930000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const at = (ms: number): Date => new Date(Date.UTC(2026, 10, 21) + ms);
const row = (n: number, ms: number) => ({ id: idOf(n), placedAt: at(ms), total: n });
const rows = [row(5, 9), row(4, 7), row(3, 7), row(2, 7), row(1, 0)];

describe('a listing, newest first', () => {
  it('queries one row more than a page, and returns a cursor when there is a next page', () => {
    const first = page(rows.slice(0, take(2)), 2);
    expect(first.rows).toEqual(rows.slice(0, 2));
    expect(after(first.next)).toEqual({
      placedAt: { lte: at(7).toISOString() },
      OR: [{ placedAt: { lt: at(7).toISOString() } }, { placedAt: at(7).toISOString(), id: { lt: idOf(4) } }],
    });
    expect(orderBy).toEqual([{ placedAt: 'desc' }, { id: 'desc' }]);
  });

  it('has no next page after the last row, and begins without a cursor', () => {
    expect(page(rows.slice(3), 2)).toEqual({ rows: rows.slice(3) });
    expect(page([], 2)).toEqual({ rows: [] });
    expect(after(undefined)).toEqual({});
  });

  const text = (value: string): string => Buffer.from(value).toString('base64url');
  it.each([
    'nonsense',
    '',
    text('2026-11-21 x'),
    text(`0000-01-01T00:00:00.000Z ${idOf(1)}`),
    text(`2026-11-21T00:00:00.000Z ${idOf(1)} more`),
  ])('takes no "%s" for a cursor', (cursor) => {
    expect(() => after(cursor)).toThrow(expect.objectContaining({ problem: expect.objectContaining({ status: 422 }) }));
  });
});
