interface Row {
  id: string;
}
type Rows<R> = AsyncIterable<R> | Iterable<R>;

/** The rows of one id, by source; a source without a row for it is absent. */
export type Merged<R> = Row & { [Name in keyof R]?: R[Name] };

interface Source {
  name: string;
  rows: AsyncIterator<Row> | Iterator<Row>;
  /** The next row; undefined at the end. */
  head: Row | undefined;
}

/**
 * Joins several sources by `id`. Each source yields its rows by ascending id, every id at most once, so no more than
 * one row of each is in memory, whatever their length.
 * @param sources by name @returns one entry for each id, with the row of every source that has it
 * @throws Error when a source is not in order: its later rows could not be joined
 */
export async function* merge<R extends Record<string, Row>>(sources: {
  readonly [Name in keyof R]: Rows<R[Name]>;
}): AsyncGenerator<Merged<R>> {
  const open: Source[] = Object.entries(sources as Record<string, Rows<Row>>).map(([name, rows]) => ({
    name,
    rows: Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator](),
    head: undefined,
  }));
  await Promise.all(open.map(advance));
  for (let id = lowestId(open); id !== undefined; id = lowestId(open)) {
    const matching = open.filter(({ head }) => head?.id === id);
    yield { id, ...Object.fromEntries(matching.map(({ name, head }) => [name, head])) } as Merged<R>;
    await Promise.all(matching.map(advance));
  }
}

async function advance(source: Source): Promise<void> {
  const { value, done } = await source.rows.next();
  if (!done && source.head && value.id <= source.head.id)
    throw new Error(`${source.name} is not in order: ${value.id} comes after ${source.head.id}`);
  source.head = done ? undefined : value;
}

/** Ids are lower-case UUIDs: their letters sort as their bytes do. */
const lowestId = (open: readonly Source[]): string | undefined =>
  open.reduce<string | undefined>(
    (lowest, { head }) => (head && (lowest === undefined || head.id < lowest) ? head.id : lowest),
    undefined,
  );
