import fc from 'fast-check';
import { expect, it } from 'vitest';
import { merge } from './merge.js';

const rows = fc.uniqueArray(fc.uuid()).map((ids) => ids.sort().map((id, n) => ({ id, n })));
const collect = async <T>(merged: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const one of merged) all.push(one);
  return all;
};

it('gives each id once, in order, with the row of every source that knows it and of no other', async () => {
  await fc.assert(
    fc.asyncProperty(rows, rows, rows, async (a, b, more) => {
      const c = [...a.filter((_, n) => n % 2 === 0).map(({ id }) => ({ id, n: -1 })), ...more].sort((one, other) =>
        one.id < other.id ? -1 : 1,
      );
      const sources = { a, b, c: c.filter(({ id }, n) => id !== c[n - 1]?.id) };
      const ids = [...new Set(Object.values(sources).flatMap((source) => source.map(({ id }) => id)))].sort();
      const found = (source: { id: string }[], id: string) => source.find((row) => row.id === id);
      const expected = ids.map((id) => ({
        id,
        ...Object.fromEntries(
          Object.entries(sources)
            .filter(([, source]) => found(source, id))
            .map(([name, source]) => [name, found(source, id)]),
        ),
      }));
      expect(await collect(merge(sources))).toEqual(expected);
    }),
  );
});

it('reads a source no further than it has to', async () => {
  let read = 0;
  const endless = (function* () {
    for (;;) yield { id: String(read++).padStart(9, '0') };
  })();
  for await (const { id } of merge({ endless, other: [{ id: '000000002' }] })) if (id === '000000005') break;
  expect(read).toBeLessThan(9);
});

it.each([[['b', 'a']], [['a', 'a']]])(
  'refuses a source whose ids come as %j: what is late would be taken for missing',
  async (ids) => {
    await expect(collect(merge({ source: ids.map((id) => ({ id })) }))).rejects.toThrow('source is not in order');
  },
);
