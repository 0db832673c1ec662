// @ts-nocheck
import { loadTopology } from '@sluice/stack/rabbitmq/users';
import { Failure } from '@sluice/stack/failure';
import { jsonLineOf, letters, letterText, lineOf, summaryText } from './letter-text.js';
import { connectTo, loadCompiled, managementOf, write } from '@sluice/stack/rabbitmq/operator';
import { COMMANDS, mistake } from '@sluice/stack/usage';

/** @typedef {{ verb: string, what?: string, choice: { type?: string, reason?: string, limit?: number }, options: { all?: boolean, yes?: boolean } }} Asked */

/** Of each queue a summary reads so many, about five seconds' worth; it says so. */
const MOST_SUMMARISED = 10_000;
/** A terminal's page. */
const LINES = 20;

/**
 * @param {Asked} asked @param {{ url: string, managementUrl?: string }} broker with an administrator's rights
 * @returns {Promise<number>} the exit code @throws {Failure}
 */
export async function deadLetters({ verb, what, choice, options }, broker) {
  const connection = await connectTo(broker, 'dead letters');
  try {
    const library = await loadCompiled('libs/messaging/dist/dead-letters/index.js');
    const open = async () => (await connection.createConfirmChannel()).on('error', () => {}); // what it says is also what the call fails with
    const { operator } = await loadTopology();
    const as = (queue) => operator(broker.url, queue.split('.', 1)[0]);
    const context = {
      open,
      library,
      options,
      as,
      ...(await chosen(what, await queuesOf(broker, open, library), choice)),
    };
    return (await VERBS[verb](context)) ?? 0;
  } finally {
    await connection.close().catch(() => {}); // it has gone by itself
  }
}

const VERBS = { list, show, redrive, discard };

/**
 * @param {{ words: string[], values: Record<string, any>, args: string[] }} line of the command
 * @returns {Asked} @throws {Failure}
 */
export function understoodLetters({ words: [verb, what], values: { type, reason, limit, ...options }, args }) {
  const most = limit === undefined ? undefined : Number(limit);
  const complete = verb === 'list' || (verb === 'show' ? what !== undefined : Boolean(what) !== Boolean(options.all));
  const bounded = most === undefined || (Number.isInteger(most) && most > 0);
  if (Object.hasOwn(VERBS, verb) && complete && bounded)
    return { verb, what, choice: { type, reason, limit: most }, options };
  throw mistake(COMMANDS['dead-letters'].usage, `not understood: ${args.join(' ')}`);
}

/** Those on the map, and where the management API answers also those of newcomers. */
async function queuesOf(broker, open, { ownQueueOf, countLetters }) {
  const { topology, settingsOf } = await loadTopology();
  const onMap = topology(settingsOf(process.env)).queues.map(({ name }) => name);
  const listed = broker.managementUrl ? await listedOn(broker).catch(() => []) : [];
  const homes = [...new Set([...onMap, ...listed])].flatMap((name) => ownQueueOf(name) ?? []);
  const counted = [];
  for (const queue of homes) counted.push({ queue, count: await countLetters(open, queue).catch(() => undefined) });
  return counted.filter(({ count }) => count !== undefined);
}

const listedOn = async (broker) =>
  (await (await managementOf(broker))('GET', 'queues/:vhost?columns=name')).map(({ name }) => name);

/** A queue, with or without `.dead`, or else the id of a letter that may be in any. */
async function chosen(what, queues, choice) {
  const name = what?.replace(/\.dead$/, '');
  if (what === undefined) return { queues, choice };
  const queue = queues.find((one) => one.queue === name);
  if (queue) return { queues: [queue], choice, queue };
  if (/^[\w-]+\.[\w.-]+$/.test(what))
    throw new Failure(
      `${what} is no queue with dead letters here`,
      `There are: ${queues.map((one) => one.queue).join(', ')}`,
    );
  return { queues: queues.filter(({ count }) => count > 0), choice: { ...choice, id: what } };
}

async function list({ open, library: { headline, streamLetters, summarise }, queues, queue, choice }) {
  let some = false;
  for (const { queue: name, count } of queues.filter((one) => one.count > 0)) {
    const found = [];
    const summary = await summarise(noting(streamLetters(open, name, { limit: MOST_SUMMARISED, ...choice }), found));
    if (summary.count === 0) continue;
    some = true;
    await write(
      `${summaryText(name, summary, choice.type || choice.reason || choice.limit ? summary.count : count)}\n`,
    );
    if (queue)
      await write(`${found.map((letter) => lineOf({ ...letter, reason: headline(letter.reason) })).join('\n')}\n`);
  }
  if (!some) await write('no dead letters\n');
}

/** Passes the letters on, and keeps the first ones. */
async function* noting(taken, found) {
  for await (const { letter } of taken) {
    if (found.length < LINES) found.push(letter);
    yield letter;
  }
}

async function show({ open, library: { headline, readLetters }, queues, choice }) {
  const { scrub } = await loadCompiled('libs/service-kit/dist/secrets.js');
  const found = [];
  for (const { queue } of queues) found.push(...(await readLetters(open, queue, choice)));
  if (found.length === 0) throw nobody(choice.id);
  await write(`${found.map((taken) => letterText(taken, scrub, headline)).join('\n\n')}\n`);
}

async function redrive({ open, library, queues, choice, as }) {
  const total = await eachOf(queues, choice, async (queue, some) => {
    const moved = await library.redrive(open, queue, some, as(queue));
    if (moved > 0) await write(`${letters(moved)} sent home to ${queue}\n`);
    return moved;
  });
  if (total === 0 && choice.id) throw nobody(choice.id);
  if (total === 0) await write('no dead letters\n');
}

async function discard({ open, library, queues, choice, options }) {
  if (!options.yes) {
    const count = await eachOf(
      queues,
      choice,
      async (queue, some) => (await library.readLetters(open, queue, some)).length,
    );
    throw new Failure(
      `${letters(count)} would be removed for good`,
      'Say --yes, and keep what it writes: npm run --silent dead-letters -- discard ... --yes > discarded.jsonl',
    );
  }
  const total = await eachOf(queues, choice, (queue, some) =>
    library.discard(open, queue, some, (taken) => write(jsonLineOf(taken))),
  );
  console.error(`${letters(total)} removed`);
}

/** A limit counts over all queues. */
async function eachOf(queues, { limit = Infinity, ...choice }, work) {
  let total = 0;
  for (const { queue } of queues.filter(({ count }) => count > 0)) {
    if (total >= limit) break;
    total += await work(queue, { ...choice, limit: limit - total });
  }
  return total;
}

const nobody = (id) =>
  new Failure(`no dead letter has the id ${id}`, 'npm run dead-letters -- list <queue> shows ids.');
