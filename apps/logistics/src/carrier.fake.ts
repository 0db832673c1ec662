import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DeliverParcel, DispatchParcel, type Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import type { UnitsOfWork } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { v5 } from 'uuid';
import type { Carrier, Recall, Shipment } from './carrier.js';
import { fakeCarrierTables, type FakeCarrierJob } from './tables.js';

const POLL_MS = 250;
/** As many as one commit carries well; a full take is followed by the next at once. */
const TAKE = 200;
/** How long what one process has taken is left alone by the others; should it die, they do it then. */
const LEASE = '10 seconds';

/** Each step is a message of its own to the unit of work, under an id that follows from parcel and step: a repeat does nothing. */
const STEPS = '0d4ce1a6-5c35-4f0f-8f9b-3f6a86a3b1f4';

type Taken = Pick<FakeCarrierJob, 'parcelId' | 'next' | 'correlationId'>;

/**
 * The carrier of a development system: fetches a parcel some seconds after it was booked, and delivers it as many seconds
 * later. What it has promised stands in a table, so that it keeps its word after a crash; any number of processes share it.
 */
export class FakeCarrier implements Carrier, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #unit: UnitOfWork<typeof fakeCarrierTables>;
  readonly #logger = new Logger('fake carrier');
  #timer?: NodeJS.Timeout;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    units: UnitsOfWork,
    private readonly pool: Pool,
    private readonly delaySeconds: number,
  ) {
    this.#unit = units.over({ tables: fakeCarrierTables });
  }

  onApplicationBootstrap(): void {
    this.#wait(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  async book({ parcelId, correlationId }: Shipment): Promise<string> {
    await this.#unit.change(stepOf({ parcelId, next: 'book', correlationId }), { jobs: [parcelId] }, ({ jobs }, now) =>
      jobs[parcelId]
        ? {}
        : {
            state: {
              jobs: { [parcelId]: { parcelId, next: 'dispatch', dueAt: this.#later(now), correlationId, version: 1 } },
            },
          },
    );
    return `fake_${parcelId}`;
  }

  /** What it has not been asked for yet it refuses for good, so that a booking that was overtaken starts nothing. */
  async recall({ parcelId, correlationId }: Recall): Promise<void> {
    await this.#unit.change(stepOf({ parcelId, next: 'recall', correlationId }), { jobs: [parcelId] }, ({ jobs }) => ({
      state: { jobs: { [parcelId]: ended(jobs[parcelId] ?? { parcelId, correlationId, version: 0 }) } },
    }));
  }

  #wait(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#run();
    }, ms);
  }

  async #run(): Promise<void> {
    const taken = await this.#work().catch((error: unknown) => {
      this.#logger.warn(`will try again: ${error instanceof Error ? error.message : String(error)}`);
      return 0;
    });
    this.#wait(taken === TAKE ? 0 : POLL_MS);
  }

  async #work(): Promise<number> {
    const { rows } = await this.pool.query<Taken>(
      `UPDATE fake_carrier_jobs SET due_at = now() + interval '${LEASE}'
       WHERE parcel_id IN (SELECT parcel_id FROM fake_carrier_jobs WHERE due_at <= now() ORDER BY due_at LIMIT ${TAKE} FOR UPDATE SKIP LOCKED)
       RETURNING parcel_id AS "parcelId", next, correlation_id AS "correlationId"`,
    );
    const steps = await Promise.allSettled(rows.map((job) => this.#step(job)));
    const failed = steps.find((step) => step.status === 'rejected');
    if (failed) throw failed.reason;
    return rows.length;
  }

  async #step(taken: Taken): Promise<void> {
    const { parcelId } = taken;
    await this.#unit.change(stepOf(taken), { jobs: [parcelId] }, ({ jobs }, now) => {
      const job = jobs[parcelId];
      return job?.next === taken.next ? this.#done(job, now) : {};
    });
  }

  #done(job: FakeCarrierJob, now: Date) {
    const { parcelId } = job;
    if (job.next === 'dispatch')
      return {
        state: {
          jobs: { [parcelId]: { ...job, next: 'deliver' as const, dueAt: this.#later(now), version: job.version + 1 } },
        },
        messages: [DispatchParcel({ parcelId })],
      };
    return { state: { jobs: { [parcelId]: ended(job) } }, messages: [DeliverParcel({ parcelId })] };
  }

  #later(now: Date): Date {
    return new Date(now.getTime() + this.delaySeconds * 1_000);
  }
}

const ended = (job: Omit<FakeCarrierJob, 'next' | 'dueAt'>): FakeCarrierJob => ({
  ...job,
  next: 'nothing',
  dueAt: null,
  version: job.version + 1,
});

const stepOf = ({
  parcelId,
  next,
  correlationId,
}: {
  parcelId: string;
  next: string;
  correlationId: string;
}): Message => ({
  id: v5(`${parcelId}/${next}`, STEPS),
  type: `fake-carrier.${next}`,
  version: 1,
  correlationId,
  time: new Date().toISOString(),
  data: {},
});
