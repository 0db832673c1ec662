import { parseArgs } from 'node:util';
import { messageOf } from './errors.js';
import { Failure } from './failure.js';

type Options = Record<string, { type: 'boolean' | 'string'; short?: string; multiple?: boolean }>;

export interface Command {
  /** Its lines, as people type it; the first one alone is shown beside a mistake. */
  usage: string;
  options?: Options;
  /** How many words may stand beside the options; none when absent. */
  words?: readonly [min: number, max: number];
  /** What follows the first word is another program's, which refuses what it does not know. */
  passes?: boolean;
}

const flag = { type: 'boolean' } as const;
const text = { type: 'string' } as const;
const many = { type: 'string', multiple: true } as const;
const NO_LIMIT = Number.POSITIVE_INFINITY;

/** Every command of package.json that cli/ carries out. `npm run chaos -- --help` has its own (chaos/src/arguments.ts). */
export const COMMANDS = {
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
    words: [1, NO_LIMIT],
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
      ...{ bail: text, hookTimeout: text, maxWorkers: text, retry: text, shard: text, testTimeout: text },
      ...{ project: many, reporter: many },
      ...{ coverage: flag, logHeapUsage: flag, 'no-file-parallelism': flag, silent: flag },
    },
    words: [0, NO_LIMIT],
  },
  bench: {
    usage: 'npm run bench -- <name>\nMeasures, with a PostgreSQL and a RabbitMQ of its own.',
    words: [1, NO_LIMIT],
  },
  load: {
    usage: `npm run load -- [<script> [options of k6]]
  without a script     the flash sale in full, with a PostgreSQL and a RabbitMQ of its own
  <script>             a k6 script of load/, against the running npm start or BASE_URL`,
    words: [0, NO_LIMIT],
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
    words: [0, NO_LIMIT],
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
    words: [0, NO_LIMIT],
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
    words: [1, NO_LIMIT],
    passes: true,
  },
  'contracts:publish': {
    usage: `npm run contracts:publish -- [--withdraw <type>]
  --withdraw <type>    forgets a type that is gone
Writes the contracts down as they are now; refuses to break what is there.`,
    options: { withdraw: text },
  },
  build: { usage: 'npm run build\nInstalls, generates and compiles what has changed.' },
  style: {
    usage: `npm run style -- [--folder <path>] [--list]
  --folder <path>      measures the files of one folder
  --list               prints every place that was counted
Measures the source by the house's style: long lines, words of comments, names, untyped files. Exits with 1 when a limit is not held.`,
    options: { folder: text, list: flag },
  },
  typecheck: { usage: 'npm run typecheck\nBuilds, and checks the types of everything with its specs.' },
} satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;

/** The values of options, as parseArgs of Node.js gives them. */
type ValuesOf<C> = C extends { options: infer O extends Options }
  ? { [K in keyof O]?: O[K]['type'] extends 'boolean' ? boolean : O[K]['multiple'] extends true ? string[] : string }
  : Record<string, never>;

interface Parsed<Values> {
  words: string[];
  values: Values;
}

/**
 * The words and options that a command was given. `--help` prints its usage and ends the process.
 * @throws {Failure} at the first that the command does not have
 */
export function commandLine<Name extends CommandName>(
  name: Name,
  args: string[] = process.argv.slice(2),
): Parsed<ValuesOf<(typeof COMMANDS)[Name]>> & { args: string[] } {
  const command: Command = COMMANDS[name];
  if (wantsHelp(command, args)) {
    console.log(command.usage);
    process.exit(0);
  }
  const { words, values } = understood(command, args);
  return { words, values: values as ValuesOf<(typeof COMMANDS)[Name]>, args };
}

/** Behind the first word of a command that passes its arguments on, it is the other program's help. */
const wantsHelp = ({ passes }: Command, args: string[]): boolean =>
  (passes ? args.slice(0, 1) : args).some((arg) => arg === '--help' || arg === '-h');

/** @throws {Failure} with the usage of the command */
export function understood(
  { usage, options = {}, words: [min, max] = [0, 0], passes }: Command,
  args: string[],
): Parsed<object> {
  if (passes) return { words: args, values: {} };
  const { positionals: words, values } = parse(usage, args, options);
  if (words.length > max) throw mistake(usage, `not understood: ${words.slice(max).join(' ')}`);
  if (words.length < min)
    throw mistake(usage, args.length === 0 ? 'what shall it do?' : `not enough: ${args.join(' ')}`);
  return { words, values };
}

function parse(usage: string, args: string[], options: Options): { positionals: string[]; values: object } {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw mistake(
      usage,
      messageOf(error)
        .split(/\. |\n/, 1)
        .join(),
    ); // Node goes on with advice about "--"
  }
}

/** @param message what was wrong with the arguments */
export const mistake = (usage: string, message: string): Failure =>
  new Failure(message, `Usage: ${usage.replaceAll('\n', '\n  ')}`);
