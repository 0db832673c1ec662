// @ts-nocheck
/**
 * Brings together what several sources say of one thing. Each source gives rows in ascending order of their `id`, every id at
 * most once; so no more than one row of each is held, however long they are.
 * @param {Record<string, AsyncIterable<{ id: string }> | Iterable<{ id: string }>>} sources by name
 * @returns {AsyncGenerator<Record<string, any> & { id: string }>} one for each id, with the row of every source that knows it
 * @throws {Error} when a source is not in order: what it says later could not be brought together
 */
export async function* merge(sources) {
  const open = Object.entries(sources).map(([name, rows]) => ({ name, rows: iterate(rows), head: undefined }));
  await Promise.all(open.map(advance));
  for (let id = least(open); id !== undefined; id = least(open)) {
    const having = open.filter(({ head }) => head?.id === id);
    yield { id, ...Object.fromEntries(having.map(({ name, head }) => [name, head])) };
    await Promise.all(having.map(advance));
  }
}

const iterate = (rows) => rows[Symbol.asyncIterator]?.() ?? rows[Symbol.iterator]();

async function advance(source) {
  const { value, done } = await source.rows.next();
  if (!done && source.head && value.id <= source.head.id)
    throw new Error(`${source.name} is not in order: ${value.id} comes after ${source.head.id}`);
  source.head = done ? undefined : value;
}

/** Ids are lower-case UUIDs: their letters sort as their bytes do. */
const least = (open) =>
  open.reduce((min, { head }) => (head && (min === undefined || head.id < min) ? head.id : min), undefined);
