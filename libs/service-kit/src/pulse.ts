import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Data, ServicePulse, Vitals } from '@sluice/contracts/kit';
import { activityNow, messagingVitals, ownQueues, QueueDepths, type Publisher } from '@sluice/messaging';
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
/** Queues and outbox are read for each pulse of a process that works, and seldom otherwise. Milliseconds. */
const MAX_AGE_MS = { busy: 500, calm: 30_000 };
/** A process is at work above so many messages between two pulses: a few are queries by which others refresh. */
const AT_WORK = 20;
/** A pulse waits so long for them, and has the last ones otherwise: a slow broker is no silent process. Milliseconds. */
const WAIT_MS = 200;
/** The invariants read whole tables. Milliseconds. */
const CHECK_EVERY_MS = 60_000;

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/**
 * Makes the pulses of one process. A pulse of a process that does nothing is short: its counters are read only after a
 * message was published, taken or settled, or while something waits. Making one must cost nearly nothing then.
 */
export class PulseMaker {
  readonly #instance = randomUUID();
  readonly #depths: QueueDepths;
  readonly #queues: Latest<Awaited<ReturnType<QueueDepths['read']>>>;
  readonly #database: Latest<Pick<Vitals, 'commits' | 'outbox'>>;
  readonly #verdicts: Latest<Verdicts>;
  #activity = { count: 0, failed: 0 };
  #calm = false;
  #repeatAt = -Infinity;

  constructor(private readonly sources: PulseSources) {
    const { service, publisher, database, invariants } = sources;
    this.#depths = new QueueDepths(() => publisher.openPlainChannel());
    this.#queues = new Latest(() => this.#depths.read(ownQueues(service)), WAIT_MS);
    this.#database = new Latest(database ?? (async () => ({})), WAIT_MS);
    this.#verdicts = new Latest(invariants ?? (async () => ({})), WAIT_MS);
  }

  async next(): Promise<Pulse> {
    const about = { service: this.sources.service, instance: this.#instance, version };
    const uptimeSeconds = Math.round(process.uptime());
    const [before, now] = [this.#activity, activityNow()];
    const done = now.count - before.count;
    if (this.#calm && done === 0 && performance.now() < this.#repeatAt) return { ...about, uptimeSeconds };
    this.#activity = now;
    this.#repeatAt = performance.now() + REPEAT_EVERY_MS;
    const vitals = await this.#vitals(
      this.#calm && done < AT_WORK && now.failed === before.failed ? MAX_AGE_MS.calm : MAX_AGE_MS.busy,
    );
    this.#calm = isCalm(vitals);
    return { ...about, uptimeSeconds, vitals };
  }

  close(): Promise<void> {
    return this.#depths.close();
  }

  async #vitals(maxAgeMs: number): Promise<Vitals> {
    const [depths, database, verdicts] = await Promise.all([
      this.#queues.value(maxAgeMs),
      this.#database.value(maxAgeMs),
      this.#verdicts.value(CHECK_EVERY_MS),
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

/** Whether nothing waits, so that nothing changes without activity. Dead letters are sent home by others. */
const isCalm = ({ queues, outbox, dependencies }: Vitals): boolean =>
  (outbox?.rows ?? 0) === 0 &&
  dependencies.every(({ state }) => state === 'healthy') &&
  queues.every(
    ({ ready = 0, consuming }) => ready === 0 && (!consuming || (consuming.unacknowledged === 0 && !consuming.paused)),
  );
