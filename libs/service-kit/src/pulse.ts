import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Data, ServicePulse, Vitals } from '@sluice/contracts/kit';
import { activityCount, messagingVitals, ownQueues, QueueDepths, type Publisher } from '@sluice/messaging';
import type { Verdicts } from './invariants.js';
import { Latest } from './latest.js';
import { scrub } from './secrets.js';

export interface PulseSources {
  service: string;
  publisher: Pick<Publisher, 'openPlainChannel'>;
  /** Of a process with a database. */
  database?: (() => Promise<Pick<Vitals, 'commits' | 'outbox'>>) | undefined;
  invariants?: (() => Promise<Verdicts>) | undefined;
}

type Pulse = Data<typeof ServicePulse>;

/** A process that does nothing says everything again in this interval, for those who have begun to listen. Milliseconds. */
const REPEAT_EVERY_MS = 10_000;
/** Readings of the queues and of the outbox: new ones for each pulse, which waits a fifth of a second for them. */
const EACH_PULSE = { maxAgeMs: 500, waitMs: 200 };
/** The invariants read whole tables. They are checked once a minute, and no pulse waits for them. */
const INVARIANTS = { maxAgeMs: 60_000, waitMs: 0 };

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/**
 * Makes the pulses of one process. A pulse of a process that does nothing is short: its counters are read only after a
 * message was published, taken or settled, or while something waits.
 */
export class PulseMaker {
  readonly #instance = randomUUID();
  readonly #depths: QueueDepths;
  readonly #queues: Latest<Awaited<ReturnType<QueueDepths['read']>>>;
  readonly #database: Latest<Pick<Vitals, 'commits' | 'outbox'>>;
  readonly #verdicts: Latest<Verdicts>;
  #activity = -1;
  #calm = false;
  #repeatAt = -Infinity;

  constructor(private readonly sources: PulseSources) {
    const { service, publisher, database, invariants } = sources;
    this.#depths = new QueueDepths(() => publisher.openPlainChannel());
    this.#queues = new Latest(() => this.#depths.read(ownQueues(service)), EACH_PULSE);
    this.#database = new Latest(database ?? (async () => ({})), EACH_PULSE);
    this.#verdicts = new Latest(invariants ?? (async () => ({})), INVARIANTS);
  }

  async next(): Promise<Pulse> {
    const about = { service: this.sources.service, instance: this.#instance, version };
    const uptimeSeconds = Math.round(process.uptime());
    if (!this.#isNews()) return { ...about, uptimeSeconds };
    const vitals = await this.#vitals();
    this.#calm = isCalm(vitals);
    return { ...about, uptimeSeconds, vitals };
  }

  close(): Promise<void> {
    return this.#depths.close();
  }

  #isNews(): boolean {
    const [activity, now] = [activityCount(), performance.now()];
    if (this.#calm && activity === this.#activity && now < this.#repeatAt) return false;
    this.#activity = activity;
    this.#repeatAt = now + REPEAT_EVERY_MS;
    return true;
  }

  async #vitals(): Promise<Vitals> {
    const [depths, database, verdicts] = await Promise.all([
      this.#queues.value(),
      this.#database.value(),
      this.#verdicts.value(),
    ]);
    const { dependencies, ...messaging } = await messagingVitals(this.sources.service, depths ?? new Map());
    const { user, system } = process.cpuUsage();
    return {
      ...messaging,
      ...database,
      ...(this.sources.invariants && { invariants: verdictList(verdicts ?? {}) }),
      dependencies: dependencies.map(({ because, ...state }) => ({
        ...state,
        ...(because !== undefined && { because: scrub(because) }),
      })),
      process: { cpuMs: Math.round((user + system) / 1_000), memoryBytes: process.memoryUsage.rss() },
    };
  }
}

const verdictList = (verdicts: Verdicts): NonNullable<Vitals['invariants']> =>
  Object.entries(verdicts).map(([name, violations]) => ({ name, ...(violations !== undefined && { violations }) }));

/** Whether nothing waits, so that nothing changes without activity. Dead letters may rest. */
const isCalm = ({ queues, outbox, dependencies }: Vitals): boolean =>
  (outbox?.rows ?? 0) === 0 &&
  dependencies.every(({ state }) => state === 'healthy') &&
  queues.every(
    ({ ready = 0, consuming }) => !consuming || (ready === 0 && consuming.unacknowledged === 0 && !consuming.paused),
  );
