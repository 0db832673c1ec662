// @ts-nocheck
import { parseArgs } from 'node:util';
import { Failure } from './failure.js';

/**
 * @typedef {object} Command
 * @property {string} usage its lines, as people type it; the first one alone is shown beside a mistake
 * @property {import('node:util').ParseArgsConfig['options']} [options]
 * @property {[number, number]} [words] how many words may stand beside the options; none when absent
 * @property {boolean} [passes] what follows the first word is another program's, which refuses what it does not know
 */

const flag = /** @type {const} */ { type: 'boolean' };
const text = /** @type {const} */ { type: 'string' };
const MANY = Number.POSITIVE_INFINITY;

/** Every command of package.json that these tools carry out. `npm run chaos -- --help` has its own (chaos/arguments.mjs). */
export const COMMANDS = /** @type {Record<string, Command>} */ {
  start: {
    usage: `npm start -- [--no-demo] [--exit-after-demo]
  --no-demo            sells no demo order
  --exit-after-demo    stops after the demo order, for scripted checks
Starts everything, and stops it with Ctrl-C. The data stays.`,
    options: { 'no-demo': flag, 'exit-after-demo': flag },
  },
  stop: {
    usage: `npm run stop
Stops what npm start has started, also when that was killed. The data stays.`,
  },
  restart: {
    usage: `npm run restart -- <service ...>
Ends the processes of these services of the running npm start in order, one after the other, and starts them again, with the
settings that npm start was given.`,
    words: [1, MANY],
  },
  reset: {
    usage: `npm run reset -- [--yes]
  --yes                does not ask
Stops everything and removes the data of this checkout (.sluice, or SLUICE_HOME): databases, queues, passwords, logs.
What DATABASE_URL and AMQP_URL name is left alone.`,
    options: { yes: flag },
  },
  test: {
    usage: `npm test -- [path or part of one ...] [options of vitest]
  -t <name>            those tests alone whose name has this
  -u, --bail, --coverage, --hookTimeout, --logHeapUsage, --maxWorkers, --no-file-parallelism, --project, --reporter, --retry, --shard, --silent, --testTimeout
Runs the tests, all or those of some files, with the servers that they need.`,
    options: {
      testNamePattern: { type: 'string', short: 't' },
      update: { type: 'boolean', short: 'u' },
      ...Object.fromEntries(
        ['bail', 'hookTimeout', 'maxWorkers', 'retry', 'shard', 'testTimeout'].map((name) => [name, text]),
      ),
      ...Object.fromEntries(['project', 'reporter'].map((name) => [name, { type: 'string', multiple: true }])),
      ...Object.fromEntries(['coverage', 'logHeapUsage', 'no-file-parallelism', 'silent'].map((name) => [name, flag])),
    },
    words: [0, MANY],
  },
  bench: { usage: 'npm run bench -- <name>\nMeasures, with a PostgreSQL and a RabbitMQ of its own.', words: [1, MANY] },
  load: {
    usage: `npm run load -- [<script> [options of k6]]
  without a script     the flash sale in full, with a PostgreSQL and a RabbitMQ of its own
  <script>             a k6 script of load/, against the running npm start or BASE_URL`,
    words: [0, MANY],
    passes: true,
  },
  'dev:users': {
    usage:
      'npm run --silent dev:users -- <count> > tokens.txt\nMakes users for load tests, and prints a token for each.',
    words: [1, 1],
  },
  audit: {
    usage: `npm run audit -- [--settle <seconds>]
  --settle <seconds>   waits so long for quiet first
Looks whether everything holds that always must. Changes nothing. Exits with 1 when something is broken.`,
    options: { settle: text },
  },
  fuzz: {
    usage: `npm run fuzz -- [--requests <n>] [--seconds <n>] [--seed <n>] [--base <url>]
  --requests <n>       about so many; 5000 without
  --seconds <n>        ends after so long, also with fewer
  --seed <n>           the same requests as the run that printed this seed, as far as the answers name the same things
  --base <url>         a gateway that runs on this machine, with the accounts of the development seed; without, a system of its own
Sends what /openapi.json allows and what it does not, and judges every answer by it. With --base and DATABASE_URL, AMQP_URL and
AMQP_MANAGEMENT_URL also looks whether a refused request has written. Exits with 1 when anything was wrong.`,
    options: { requests: text, seconds: text, seed: text, base: text },
  },
  rights: {
    usage: `npm run rights -- [--all]
  --all                prints every single try, and why it ended so
Tries what every user of the broker and every role of the databases may do and may not: each message by each way, each queue, each
database. With a PostgreSQL and a RabbitMQ of its own, or those of DATABASE_URL and AMQP_URL, in a vhost and databases of its own.
Exits with 1 when something is possible that must not be.`,
    options: { all: flag },
  },
  mutate: {
    usage: `npm run mutate -- [file or folder ...]
Breaks the rules one at a time, and shows which of the mutants no test notices. Takes minutes to hours.`,
    words: [0, MANY],
  },
  topology: {
    usage: `npm run topology -- [--prune | switch <queue> | listen <service> '<pattern>' | url <service>]
  nothing              applies the map (topology/src/map.ts) and the services' users to the broker
  --prune              and removes what the map does not know, nothing uses and nothing waits in
  switch               makes a queue anew with the arguments of the map, and keeps its messages; its service must not run
  listen               adds the queue <service>.events, and its user, for a new listener
  url                  prints the AMQP_URL of a service's user`,
    options: { prune: flag },
    words: [0, 3],
  },
  'dead-letters': {
    usage: `npm run dead-letters -- list [queue]          what is there, and why; with a queue its letters one by one
npm run dead-letters -- show <id>             one letter whole
npm run dead-letters -- redrive <id | queue | --all>           home to its queue, to be handled again; twice is safe
npm run dead-letters -- discard <id | queue | --all> --yes     removed for good; written to stdout as lines of JSON
--type <type>, --reason <part of it>, --limit <n>   only some of a queue`,
    options: { type: text, reason: text, limit: text, all: flag, yes: flag },
    words: [1, 2],
  },
  tail: {
    usage: `npm run tail -- ['<pattern>' ...] [--json]
  'order.*'            a topic pattern; all facts without one
  --json               whole messages, one a line
Prints facts as they are published, until Ctrl-C.`,
    options: { json: flag },
    words: [0, MANY],
  },
  trace: {
    usage: `npm run trace -- on [--json] | off
Prints every message of the broker until Ctrl-C, by its firehose; off switches it off after a trace that was killed.`,
    options: { json: flag },
    words: [1, 1],
  },
  migrate: {
    usage: `npm run migrate -- deploy | status | check [service | all]
npm run migrate -- create <service> <name>
The migrations of the services' databases.`,
    words: [1, 3],
  },
  prisma: {
    usage: `npm run prisma -- <service> <command of prisma> ...
Such as: npm run prisma -- orders validate`,
    words: [1, MANY],
    passes: true,
  },
  'contracts:publish': {
    usage: `npm run contracts:publish -- [--withdraw <type>]
  --withdraw <type>    forgets a type that is gone
Writes the contracts down as they are now; refuses to break what is there.`,
    options: { withdraw: text },
  },
  build: { usage: 'npm run build\nInstalls, generates and compiles what has changed.' },
  typecheck: { usage: 'npm run typecheck\nBuilds, and checks the types of everything with its specs.' },
};

/**
 * What was asked of a command. `--help` prints its usage and ends the process.
 * @param {string} name @param {string[]} [args]
 * @returns {{ words: string[], values: Record<string, any>, args: string[] }}
 * @throws {Failure} at the first thing that it does not know
 */
export function commandLine(name, args = process.argv.slice(2)) {
  const command = COMMANDS[name];
  if (wantsHelp(command, args)) {
    console.log(command.usage);
    process.exit(0);
  }
  return { ...understood(command, args), args };
}

/** Behind the first word of a command that passes its arguments on, it is the other program's help. */
const wantsHelp = ({ passes }, args) =>
  (passes ? args.slice(0, 1) : args).some((arg) => arg === '--help' || arg === '-h');

/** @param {Command} command @param {string[]} args @throws {Failure} */
export function understood({ usage, options = {}, words: [least, most] = [0, 0], passes }, args) {
  if (passes) return { words: args, values: {} };
  const { positionals: words, values } = parsed(usage, args, options);
  if (words.length > most) throw mistake(usage, `not understood: ${words.slice(most).join(' ')}`);
  if (words.length < least)
    throw mistake(usage, args.length === 0 ? 'what shall it do?' : `not enough: ${args.join(' ')}`);
  return { words, values };
}

function parsed(usage, args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw mistake(usage, error.message.split(/\. |\n/, 1)[0]); // Node goes on with advice about "--"
  }
}

/** @param {string} usage @param {string} message what was wrong with the arguments */
export const mistake = (usage, message) => new Failure(message, `Usage: ${usage.replaceAll('\n', '\n  ')}`);
