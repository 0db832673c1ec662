import { Random } from './random.js';

/** Longer than three heartbeats of 5 s, after which a dead peer is noticed (libs/messaging, connection.ts). ms. */
const BEYOND_HEARTBEATS: Range = [16_000, 20_000];
/** Long enough for every kind of request to meet it. Milliseconds. */
const A_WHILE: Range = [6_000, 10_000];
/** Between a recovery and the next fault, so that faults meet the system at all stages of its work. Milliseconds. */
const PAUSE: Range = [500, 4_000];
const SHORT_PAUSE: Range = [300, 1_000];
/** Long enough for both processes to handle messages, and to receive requests. Milliseconds. */
const SIDE_BY_SIDE: Range = [1_000, 2_500];
const NO_TIME: Range = [0, 0];
/** Milliseconds. */
const SECOND = 1_000;
const MINUTE = 60_000;

type Range = readonly [least: number, most: number];
export type Server = 'broker' | 'database';
/** What the providers outside do: reset connections, answer 500, or answer late. */
export type ProviderFault = 'away' | 'broken' | 'slow';
type Nothing = Record<never, never>;

/** What each kind of fault needs. */
export interface PartOptions {
  kill: { victims: readonly string[] };
  freeze: { victims: readonly string[] };
  'kill-broker': Nothing;
  'kill-postgres': Nothing;
  /** `to`: the connections of all services to that server. */
  reset: { to: Server };
  swallow: { to: Server };
  delay: { to: Server };
  refuse: { to: Server };
  'disk-alarm': Nothing;
  'read-only': Nothing;
  'disk-full': Nothing;
  lock: { sku: string };
  /** `phases`: share of the time, in this order. */
  providers: { phases: Readonly<Partial<Record<ProviderFault, number>>> };
  /** `offsets`: how far a service's clock is ahead, in ms. */
  clocks: { offsets: Readonly<Record<string, number>> };
  'queue-gone': { service: string; queue: string };
  versions: Nothing;
  /** Of an upgrade: migrations and topology of the next version. */
  expand: Nothing;
  /** One process of the service by one of the next version, which is ready before the old one ends, or starts after it. */
  replace: { service: string; beside: boolean };
  /** What waits until no process of the version before runs. */
  contract: Nothing;
}
export type Kind = keyof PartOptions;
export type Part<K extends Kind = Kind> = { [P in K]: { kind: P } & PartOptions[P] }[K];

export interface Fault {
  name: string;
  /** Begun one after the other, ended together. */
  parts: readonly Part[];
  /** Before it. */
  pauseMs: number;
  /** How long it lasts; 0: it is over at once. */
  holdMs: number;
  /** Of the long form: its name for `--only`. */
  key?: LongFault;
  /** Whether orders that have nothing to do with it must be paid meanwhile. */
  flows?: boolean;
}

export interface Form {
  /** Those faults that find the most in a minute. */
  short?: boolean;
  /** Instead: environments that are sick for minutes. */
  long?: boolean;
  /** Instead: databases that are restored beside an empty broker. */
  restore?: boolean;
  /** Instead: every process is replaced by one of the next version. */
  upgrade?: boolean;
  /** Of an upgrade: the revision that is upgraded; absent: from the tree to a version that is made of it. */
  from?: string;
  /** Of the long form: 1 is full length. */
  scale?: number;
  /** Of the long form. */
  only?: readonly string[];
}

/** The keys of all faults of the long form, in the order of docs/reliability.md. */
export const LONG_FAULTS = [
  'read-only',
  'disk-full',
  'refusing',
  'row-locked',
  'alarm',
  'providers',
  'clocks',
  'queue-gone',
  'versions',
] as const;
export type LongFault = (typeof LONG_FAULTS)[number];

/** The faults of a run: the same ones, at the same times, for the same seed. */
export function planOf(
  seed: number,
  services: readonly string[],
  { short = false, long = false, upgrade = false, from, scale = 1, only }: Form = {},
): Fault[] {
  const random = new Random(seed);
  if (upgrade) return timed(upgradeSteps(services, random, from), random, SHORT_PAUSE);
  if (long)
    // All are drawn before any is left out: `--only` repeats a fault as it was in the whole run.
    return random
      .shuffled(longFaults(services, random))
      .map((fault) => ({ ...fault, pauseMs: random.between(...PAUSE), holdMs: Math.round(fault.holdMs * scale) }))
      .filter(({ key }) => !only || only.includes(key));
  const drafts = short ? shortFaults(services, random) : allFaults(services, random);
  return timed(random.shuffled(drafts), random, short ? SHORT_PAUSE : PAUSE);
}

const timed = (drafts: readonly Draft[], random: Random, pause: Range): Fault[] =>
  drafts.map(({ hold, ...fault }) => ({
    ...fault,
    pauseMs: random.between(...pause),
    holdMs: random.between(...hold),
  }));

interface Draft {
  name: string;
  parts: readonly Part[];
  hold: Range;
}

const allFaults = (services: readonly string[], random: Random): Draft[] => [
  ...services.map((service) => kill([service])),
  kill(random.shuffled(services).slice(0, 2)),
  once('kill -9 the broker', { kind: 'kill-broker' }),
  once('kill -9 PostgreSQL', { kind: 'kill-postgres' }),
  once('reset all connections to the broker', { kind: 'reset', to: 'broker' }),
  once('reset all connections to PostgreSQL', { kind: 'reset', to: 'database' }),
  lasting('black hole to the broker', BEYOND_HEARTBEATS, { kind: 'swallow', to: 'broker' }),
  lasting('black hole to PostgreSQL', BEYOND_HEARTBEATS, { kind: 'swallow', to: 'database' }),
  lasting('2 s each way to the broker', A_WHILE, { kind: 'delay', to: 'broker' }),
  lasting('2 s each way to PostgreSQL', A_WHILE, { kind: 'delay', to: 'database' }),
  lasting("the broker's disk is full", A_WHILE, { kind: 'disk-alarm' }),
  freeze(random.pick(services)),
];

/** A frozen service and a swallowed connection do not hide each other: one is away, the others cannot be reached. */
function shortFaults(services: readonly string[], random: Random): Draft[] {
  const frozen = random.pick(services.filter((service) => service !== 'gateway')); // else no request would meet the black hole
  return [
    kill(random.shuffled(services).slice(0, 2)),
    once('kill -9 the broker', { kind: 'kill-broker' }),
    once('kill -9 PostgreSQL', { kind: 'kill-postgres' }),
    once('reset all connections to PostgreSQL', { kind: 'reset', to: 'database' }),
    lasting(
      `black hole to the broker, ${frozen} frozen`,
      [16_000, 16_500],
      { kind: 'swallow', to: 'broker' },
      { kind: 'freeze', victims: [frozen] },
    ),
  ];
}

/** Of which there are two during an upgrade. */
export const GATEWAY = 'gateway';

/**
 * A new optional field needs no order (docs/operations.md, "Two versions at once"). A gateway of a later revision may
 * send requests that only its own version of the services knows: it comes after them.
 */
function upgradeSteps(services: readonly string[], random: Random, from: string | undefined): Draft[] {
  const gateways = [GATEWAY, GATEWAY];
  const first = random.between(0, 1);
  const others = services.filter((service) => service !== GATEWAY);
  const order =
    from === undefined ? random.shuffled([...others, ...gateways]) : [...random.shuffled(others), ...gateways];
  return [
    once('migrations and topology of the next version', { kind: 'expand' }),
    ...order.map((service, index) => replacement(service, index % 2 === first)),
    once('what waited until the old version was gone', { kind: 'contract' }),
  ];
}

const replacement = (service: string, beside: boolean): Draft =>
  beside
    ? lasting(`${service}, the new process beside the old one`, SIDE_BY_SIDE, { kind: 'replace', service, beside })
    : once(`${service}, the new process after the old one`, { kind: 'replace', service, beside });

const once = (name: string, ...parts: Part[]): Draft => ({ name, parts, hold: NO_TIME });
const lasting = (name: string, hold: Range, ...parts: Part[]): Draft => ({ name, parts, hold });
const kill = (victims: readonly string[]): Draft => once(`SIGKILL ${victims.join(' and ')}`, { kind: 'kill', victims });
const freeze = (service: string): Draft =>
  lasting(`SIGSTOP ${service}`, BEYOND_HEARTBEATS, { kind: 'freeze', victims: [service] });

type LongDraft = Omit<Fault, 'pauseMs'> & { key: LongFault };

/** Each lasts for minutes and kills nothing; one after the other, so that each can be seen to end. */
function longFaults(services: readonly string[], random: Random): LongDraft[] {
  const [ahead = '', behind = ''] = random.shuffled(services);
  return [
    stops('read-only', 'PostgreSQL is read-only', 3 * MINUTE, { kind: 'read-only' }),
    stops('disk-full', "PostgreSQL's disk is full", 2 * MINUTE, { kind: 'disk-full' }),
    stops('refusing', 'PostgreSQL refuses connections', 3 * MINUTE, { kind: 'refuse', to: 'database' }),
    flows('row-locked', 'a shelf and an order locked by somebody', 2 * MINUTE, { kind: 'lock', sku: 'MUG' }),
    stops('alarm', "the broker's disk is full", 5 * MINUTE, { kind: 'disk-alarm' }),
    stops('providers', 'every provider away, then answering 500, then slow by 8 s', 8 * MINUTE, {
      kind: 'providers',
      phases: { away: 4, broken: 2, slow: 2 },
    }),
    flows('clocks', `clocks of ${ahead} 10 min ahead, of ${behind} 10 min behind`, 2 * MINUTE, {
      kind: 'clocks',
      offsets: { [ahead]: 10 * MINUTE, [behind]: -10 * MINUTE },
    }),
    flows('queue-gone', 'notifications.events deleted while its messages wait', 75 * SECOND, {
      kind: 'queue-gone',
      service: 'notifications',
      queue: 'notifications.events',
    }),
    flows('versions', 'two versions of notifications at once', 90 * SECOND, { kind: 'versions' }),
  ];
}

const stops = (key: LongFault, name: string, holdMs: number, part: Part): LongDraft => ({
  key,
  name,
  holdMs,
  parts: [part],
  flows: false,
});
const flows = (...draft: Parameters<typeof stops>): LongDraft => ({ ...stops(...draft), flows: true });
