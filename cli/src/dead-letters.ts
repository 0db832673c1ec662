import type { ConfirmChannel } from 'amqplib';
import type { DeadLetter, FetchedLetter, FetchOptions } from '@sluice/messaging';
import { Failure } from '@sluice/stack/failure';
import { loadCompiled } from '@sluice/stack/build/compiled';
import { connectToBroker } from '@sluice/stack/rabbitmq/administration';
import { loadTopology, type Broker } from '@sluice/stack/rabbitmq/users';
import { jsonLineOf, letters, letterText, lineOf, summaryText } from './letter-text.js';
import { write } from './standard-output.js';

/** A summary reads at most so many letters of a queue, which takes about five seconds, and prints that it does. */
const MAX_SUMMARISED = 10_000;
/** A terminal's page. */
const MAX_LINES = 20;

const ACTIONS = { list, show, redrive, discard };

interface Request {
  action: keyof typeof ACTIONS;
  /** The name of a queue, with or without `.dead`, or the id of a letter. */
  what: string | undefined;
  filter: FetchOptions;
  confirmed: boolean;
}

type Open = () => Promise<ConfirmChannel>;

/** The part of libs/messaging in src/dead-letters/, which loads no Nest. */
type Library = typeof import('@sluice/messaging') & { headline(reason: string): string };
type Republisher = Parameters<Library['redrive']>[3];

interface Queue {
  name: string;
  count: number;
}

interface Selection {
  queues: Queue[];
  filter: FetchOptions;
  /** Set when the request names a queue. */
  queue?: Queue;
}

interface Context extends Selection {
  open: Open;
  library: Library;
  confirmed: boolean;
  /** Publishes the letters of a queue as the user of its service. */
  republisherOf(queue: string): Republisher;
}

export const isAction = (text: string): text is Request['action'] => Object.hasOwn(ACTIONS, text);

/** Lists, shows, redrives or discards dead letters. @throws {Failure} */
export async function deadLetters({ action, what, filter, confirmed }: Request, broker: Broker): Promise<void> {
  const connection = await connectToBroker(broker, 'dead letters');
  try {
    const library = (await loadCompiled('libs/messaging/dist/dead-letters/index.js')) as Library;
    const { operator } = await loadTopology();
    const open: Open = async () => {
      const channel: ConfirmChannel = await connection.createConfirmChannel();
      return channel.on('error', () => {}); // the call on the channel fails with the same error
    };
    const selection = select(what, await deadLetterQueues(broker, open, library), filter);
    const republisherOf = (queue: string): Republisher => operator(broker.url, queue.replace(/\..*/, ''));
    await ACTIONS[action]({ ...selection, open, library, confirmed, republisherOf });
  } finally {
    await connection.close().catch(() => {}); // the broker has closed it
  }
}

/** The queues of the map, and, where the management API answers, those of listeners that the map does not have. */
async function deadLetterQueues(broker: Broker, open: Open, { ownQueueOf, countLetters }: Library): Promise<Queue[]> {
  const { management, topology, settingsOf } = await loadTopology();
  const onMap = topology(settingsOf(process.env)).queues;
  const api = broker.managementUrl ? management(broker.managementUrl, broker.url) : undefined;
  const onBroker = (await api?.queues().catch(() => [])) ?? [];
  const names = new Set([...onMap, ...onBroker].flatMap(({ name }) => ownQueueOf(name) ?? []));
  const queues: Queue[] = [];
  for (const name of names) {
    const count = await countLetters(open, name).catch(() => undefined);
    if (count !== undefined) queues.push({ name, count });
  }
  return queues;
}

/** A queue, or else the id of a letter that may be in any. */
function select(what: string | undefined, queues: Queue[], filter: FetchOptions): Selection {
  if (what === undefined) return { queues, filter };
  const queue = queues.find(({ name }) => name === what.replace(/\.dead$/, ''));
  if (queue) return { queues: [queue], filter, queue };
  if (/^[\w-]+\.[\w.-]+$/.test(what))
    throw new Failure(
      `${what} is no queue with dead letters here`,
      `There are: ${queues.map(({ name }) => name).join(', ')}`,
    );
  return { queues, filter: { ...filter, id: what } };
}

const withLetters = (queues: readonly Queue[]): Queue[] => queues.filter(({ count }) => count > 0);

async function list({ open, library, queues, queue, filter }: Context): Promise<void> {
  const isFiltered = Boolean(filter.type || filter.reason || filter.limit);
  let isEmpty = true;
  for (const { name, count } of withLetters(queues)) {
    const first: DeadLetter[] = [];
    const stream = library.streamLetters(open, name, { ...filter, limit: filter.limit ?? MAX_SUMMARISED });
    const summary = await library.summarise(keepFirst(stream, first));
    if (summary.count === 0) continue;
    isEmpty = false;
    await write(`${summaryText(name, summary, isFiltered ? summary.count : count)}\n`);
    if (queue) await write(`${first.map((letter) => lineOf(shortened(letter, library))).join('\n')}\n`);
  }
  if (isEmpty) await write('no dead letters\n');
}

const shortened = (letter: DeadLetter, { headline }: Library): DeadLetter => ({
  ...letter,
  reason: headline(letter.reason),
});

/** Passes the letters on, and keeps the first ones. */
async function* keepFirst(stream: AsyncIterable<FetchedLetter>, first: DeadLetter[]): AsyncIterable<DeadLetter> {
  for await (const { letter } of stream) {
    if (first.length < MAX_LINES) first.push(letter);
    yield letter;
  }
}

async function show({ open, library, queues, queue, filter }: Context): Promise<void> {
  const { scrub } = (await loadCompiled('libs/service-kit/dist/secrets.js')) as { scrub(text: string): string };
  const found: FetchedLetter[] = [];
  for (const { name } of queue ? [queue] : withLetters(queues))
    found.push(...(await library.readLetters(open, name, filter)));
  if (found.length === 0) throw notFound(filter.id);
  await write(`${found.map((fetched) => letterText(fetched, scrub, library.headline)).join('\n\n')}\n`);
}

async function redrive({ open, library, queues, filter, republisherOf }: Context): Promise<void> {
  const total = await eachQueue(queues, filter, async (queue, part) => {
    const moved = await library.redrive(open, queue, part, republisherOf(queue));
    if (moved > 0) await write(`${letters(moved)} sent home to ${queue}\n`);
    return moved;
  });
  if (total === 0 && filter.id) throw notFound(filter.id);
  if (total === 0) await write('no dead letters\n');
}

async function discard({ open, library, queues, filter, confirmed }: Context): Promise<void> {
  if (!confirmed) {
    const count = await eachQueue(
      queues,
      filter,
      async (queue, part) => (await library.readLetters(open, queue, part)).length,
    );
    throw new Failure(
      `${letters(count)} would be removed for good`,
      'Say --yes, and keep what it writes: npm run --silent dead-letters -- discard ... --yes > discarded.jsonl',
    );
  }
  const total = await eachQueue(queues, filter, (queue, part) =>
    library.discard(open, queue, part, async (fetched) => void (await write(jsonLineOf(fetched)))),
  );
  console.error(`${letters(total)} removed`);
}

/** Works on one queue after the other. The limit counts over all queues. @returns the sum of the results */
async function eachQueue(
  queues: readonly Queue[],
  { limit = Infinity, ...filter }: FetchOptions,
  work: (queue: string, filter: FetchOptions) => Promise<number>,
): Promise<number> {
  let total = 0;
  for (const { name } of withLetters(queues)) {
    if (total >= limit) break;
    total += await work(name, { ...filter, limit: limit - total });
  }
  return total;
}

const notFound = (id: string | undefined): Failure =>
  new Failure(`no dead letter has the id ${id}`, 'npm run dead-letters -- list <queue> shows ids.');
