// @ts-nocheck
import { runAudit } from '@sluice/audit/run';
import { systemOf } from '@sluice/audit/system';
import { Failure } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { seconds } from '@sluice/stack/progress';
import { Actors } from './actors.js';
import { commandOf } from './arguments.js';
import { Book, faultLines, tableOf } from './book.js';
import { stockUp } from './goods.js';
import { askLimited } from './limited.js';
import { operationsOf } from './operations.js';
import { rounds } from './plan.js';
import { Requests } from './requests.js';
import { jsonOf, Session } from './session.js';
import { Stored } from './still.js';
import { withOwnSystem } from './system.js';
import { Transport } from './transport.js';
import { World } from './world.js';

const SETTLES_WITHIN_MS = 120_000;

/**
 * @param {import('./arguments.js').Options} options @param {(line: string) => void} [say]
 * @returns {Promise<number>} the exit code @throws {Failure} when there were faults
 */
export async function fuzz(options, printLine = console.log) {
  printLine(`seed ${options.seed}: ${commandOf(options)}`);
  if (options.base === undefined)
    return withOwnSystem((system) => fuzzOne({ ...options, ...system, command: commandOf(options) }, printLine));
  return fuzzOne({ ...options, servers: await knownServers(), command: commandOf(options) }, printLine);
}

/** Of a system that runs elsewhere, its servers are known when the environment names them. */
const knownServers = async () => (process.env.AMQP_URL ? systemOf(new StateDirectory(), process.env) : undefined);

/**
 * @param {import('./arguments.js').Options & { base: string, command: string, servers?: any, limitedGateway?: () =>
 * Promise<string> }} options
 */
async function fuzzOne(options, printLine) {
  const { base, seed, servers, limitedGateway } = options;
  const begun = performance.now();
  const transport = new Transport(base);
  const document = await documentOf(transport);
  const operations = operationsOf(document);
  const world = new World();
  const book = new Book(operations);
  const { call, actors } = await known(transport);
  const session = new Session({ base, seed, document, transport, world, actors, book });
  await stockUp(call, world);
  const requests = new Requests({ seed, operations, document, world, actors });
  const stored = servers && (await Stored.open(servers));
  const look = stored && (() => stored.quietLook());
  const until = options.seconds === undefined ? Infinity : Date.now() + options.seconds * 1_000;
  try {
    await rounds({ session, requests, call, look }, { requests: options.requests, until }, printLine);
    const limited = limitedGateway && (await limits(await limitedGateway(), { session, requests }));
    return await verdict({ options, book, operations, limited, took: seconds(performance.now() - begun), printLine });
  } finally {
    transport.close();
    await stored?.close();
  }
}

async function documentOf(transport) {
  const answer = await transport.send({ method: 'GET', target: '/openapi.json', headers: {} });
  if (answer.status !== 200)
    throw new Failure(
      `no document: GET /openapi.json answered ${answer.status || answer.error}`,
      'Is a gateway there?',
    );
  return jsonOf(answer);
}

/** Who asks, and how things are prepared for what is then judged. */
async function known(transport) {
  const named = (actor, actors) => (actor && actors?.tokenOf(actor) ? { authorization: actors.tokenOf(actor) } : {});
  const callAs =
    (actors) =>
    async (method, target, { actor, body, headers = {} } = {}) => {
      const json = body && { body: Buffer.from(JSON.stringify(body)) };
      const answer = await transport.send({
        method,
        target,
        headers: { ...(json && { 'content-type': 'application/json' }), ...named(actor, actors), ...headers },
        ...json,
      });
      return { ...answer, json: jsonOf(answer) };
    };
  const actors = await Actors.signIn(callAs(undefined));
  return { actors, call: callAs(actors) };
}

async function limits(base, { session, requests }) {
  const transport = new Transport(base);
  const limited = new Session({ ...session, base, transport });
  const turnedAway = await askLimited(limited, requests, 10_000_000);
  transport.close();
  return turnedAway;
}

async function verdict({ options, book, operations, limited, took, printLine }) {
  const { servers, limitedGateway, command } = options;
  for (const line of ['', ...tableOf(book), '', ...faultLines(book)]) printLine(line);
  const audited = limitedGateway ? await runAudit(servers, SETTLES_WITHIN_MS) : 0;
  const wrong = [
    ...(book.faults > 0 ? [`${book.faults} faults`] : []),
    ...book.unreached.map(({ key, lacks }) => `${key}: no ${lacks}`),
    ...(limited === 0 ? ['a gateway with limits turned nobody away'] : []),
    ...(audited === 0 ? [] : ['the audit is not clean']),
  ];
  const done = `${book.total.toLocaleString('en')} requests of ${operations.length} operations after ${took}`;
  if (wrong.length > 0) throw new Failure(`${done}: ${wrong.join('; ')}`, `To repeat it: ${command}`);
  printLine(`✓ ${done}, no faults; to repeat it: ${command}`);
  return 0;
}
