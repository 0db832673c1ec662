import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DeliverParcel, DispatchParcel } from '@sluice/contracts';
import { encode, PermanentError, type MessageServer, type Publisher, type WireMessage } from '@sluice/messaging';
import { FakeSwitch, PeriodicTask } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { v5 } from 'uuid';
import type { Booked, Carrier, Recall, Shipment } from './carrier.js';

/**
 * Parcels with a timer in this process, about 200 bytes each. Further parcels get none, and are found when they are
 * overdue.
 */
const MAX_TIMERS = 10_000;
/** Time for which other processes leave a due parcel to the one that booked it; then they take it over. Seconds. */
const OVERDUE_SECONDS = 30;
const TAKE_OVER_EVERY_MS = 30_000;
/** Overdue parcels per round. Few, because under a backlog they are late without being lost, and would be repeats. */
const TAKE_OVER_AT_MOST = 500;
/** Pause after a report that the broker has not confirmed. */
const RETRY_MS = 1_000;

/** Namespace of message ids: every process sends the same id for a step of a parcel, so a repeat does nothing. */
const REPORTS = '0d4ce1a6-5c35-4f0f-8f9b-3f6a86a3b1f4';

const REPORT = { dispatch: DispatchParcel, deliver: DeliverParcel };

/** The next report about a parcel. */
interface Job {
  readonly parcelId: string;
  readonly step: keyof typeof REPORT;
  readonly correlationId: string;
}

export interface FakeCarrierOptions {
  /** Seconds from the booking until the carrier fetches a parcel, and again until it delivers it. */
  delaySeconds: number;
  /** Handles a report in this process, which costs the broker nothing; undefined or false: publish it. */
  handleHere?: MessageServer['handleHere'];
  switched?: FakeSwitch;
  takeOverEveryMs?: number;
  retryMs?: number;
}

/**
 * The carrier of a development system: fetches a parcel some seconds after its booking, and delivers it as many
 * seconds later. Each step is a timer in the process that booked the parcel. Nothing is stored for it: after a crash
 * the steps follow from the parcels that are booked and not delivered.
 */
export class FakeCarrier implements Carrier, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('fake carrier');
  readonly #takingOver: PeriodicTask;
  readonly #retryMs: number;
  readonly #delaySeconds: number;
  readonly #handleHere: MessageServer['handleHere'];
  readonly #switched: FakeSwitch;
  /** By parcel; also while its report is being published. */
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #publishing = new Set<Promise<void>>();
  #restoring: Promise<void> = Promise.resolve();
  #failing = false;
  #stopped = false;

  constructor(
    private readonly publisher: Publisher,
    private readonly pool: Pool,
    options: FakeCarrierOptions,
  ) {
    const { delaySeconds, takeOverEveryMs = TAKE_OVER_EVERY_MS, retryMs = RETRY_MS } = options;
    this.#switched = options.switched ?? new FakeSwitch('carrier');
    this.#handleHere = options.handleHere ?? (() => undefined);
    this.#delaySeconds = delaySeconds;
    this.#retryMs = retryMs;
    this.#takingOver = new PeriodicTask('fake carrier', takeOverEveryMs, () =>
      this.#restore({ overdueSeconds: OVERDUE_SECONDS, atMost: TAKE_OVER_AT_MOST }),
    );
  }

  /** Sets the timers that the last process has taken with it. When the database fails, they are set when overdue. */
  onApplicationBootstrap(): void {
    this.#takingOver.start();
    this.#restoring = this.#restore({ overdueSeconds: -this.#delaySeconds, atMost: MAX_TIMERS }).catch(
      (error: unknown) => this.#logger.warn(`booked parcels could not be read: ${String(error)}`),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all([this.#takingOver.stop(), this.#restoring, ...this.#publishing]);
  }

  book({ parcelId, correlationId }: Shipment): Promise<string> {
    return this.#switched.answer(() => {
      this.#schedule({ parcelId, step: 'dispatch', correlationId }, this.#delaySeconds * 1_000);
      return `fake_${parcelId}`;
    }, refuse);
  }

  /**
   * Stops the timer. One in another process goes on, and so does a booking that arrives after the recall: logistics
   * ignores reports about a halted parcel.
   */
  recall({ parcelId }: Recall): Promise<void> {
    return this.#switched.answer(() => {
      clearTimeout(this.#timers.get(parcelId));
      this.#timers.delete(parcelId);
    }, refuse);
  }

  /** What it has done is stored with the parcels; the rest it does after every start. */
  async progress(): Promise<undefined> {}

  async shipments(): Promise<Booked[]> {
    return [];
  }

  #schedule(job: Job, ms: number): void {
    if (this.#stopped || this.#timers.has(job.parcelId) || this.#timers.size >= MAX_TIMERS) return;
    this.#setTimer(job, ms);
  }

  #setTimer(job: Job, ms: number): void {
    const timer = setTimeout(() => {
      const published = this.#report(job, timer).finally(() => this.#publishing.delete(published));
      this.#publishing.add(published);
    }, ms);
    this.#timers.set(job.parcelId, timer);
  }

  async #report(job: Job, timer: NodeJS.Timeout): Promise<void> {
    const due = this.#dueWith(job);
    const confirmed = await Promise.all(due.map((one) => this.#publish(one)));
    // A recall has removed the timer meanwhile.
    if (this.#stopped || this.#timers.get(job.parcelId) !== timer) return;
    if (confirmed.includes(false)) this.#setTimer(job, this.#retryMs);
    else if (due.at(-1)!.step === 'dispatch') this.#setTimer({ ...job, step: 'deliver' }, this.#delaySeconds * 1_000);
    else this.#timers.delete(job.parcelId);
  }

  /** A carrier without a delay delivers as it fetches: both reports go out together, and can share a commit. */
  #dueWith(job: Job): Job[] {
    return job.step === 'dispatch' && this.#delaySeconds === 0 ? [job, { ...job, step: 'deliver' }] : [job];
  }

  /** Logs the first of several failures only. */
  async #publish(job: Job): Promise<boolean> {
    try {
      const message = messageOf(job);
      if (!(await this.#handleHere(message))) await this.publisher.publish(message);
      this.#failing = false;
      return true;
    } catch (error) {
      if (!this.#failing) this.#logger.warn(`will report again: ${String(error)}`);
      this.#failing = true;
      return false;
    }
  }

  /** @param limits parcels that are due for as many seconds, or, when negative, will be due within them */
  async #restore(limits: { overdueSeconds: number; atMost: number }): Promise<void> {
    const { rows } = await this.pool.query<Job & { dueInMs: number }>(DUE, [
      this.#delaySeconds,
      limits.overdueSeconds,
      limits.atMost,
    ]);
    for (const { dueInMs, ...job } of rows) this.#schedule(job, Math.max(0, dueInMs));
  }
}

/**
 * Parcels that this carrier has and has not delivered, of the index `parcels_with_fake_carrier_idx`. The clock of the
 * database decides what is due, for all processes. Parcels do not store a correlation id: their order's id replaces it.
 */
const DUE = `
  SELECT id AS "parcelId", order_id AS "correlationId",
    CASE status WHEN 'preparing' THEN 'dispatch' ELSE 'deliver' END AS step,
    (extract(epoch FROM since - now()) + $1::float) * 1000 AS "dueInMs"
  FROM parcels, coalesce(dispatched_at, carrier_asked_at, created_at) AS since
  WHERE carrier_reference LIKE 'fake\\_%' AND delivered_at IS NULL AND halted_at IS NULL
    AND since <= now() - make_interval(secs => $1::float + $2::float)
  ORDER BY created_at LIMIT $3`;

function refuse(): never {
  throw new PermanentError('the carrier refuses everything');
}

const messageOf = ({ parcelId, step, correlationId }: Job): WireMessage =>
  encode(REPORT[step]({ parcelId }), {
    id: v5(`${parcelId}/${step}`, REPORTS),
    time: new Date().toISOString(),
    correlationId,
    source: 'logistics',
  });
