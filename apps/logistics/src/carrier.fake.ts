import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DeliverParcel, DispatchParcel, type Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import type { UnitsOfWork } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { v5 } from 'uuid';
import type { Carrier, Recall, Shipment } from './carrier.js';
import { fakeCarrierTables, type FakeCarrierJob } from './tables.js';

const POLL_MS = 250;
/** Jobs per commit; a full batch is followed by the next at once. */
const BATCH_SIZE = 200;
/** Time for which other processes leave claimed jobs alone; if the process dies, they run them then. */
const LEASE = '10 seconds';

/**
 * Namespace of message ids. Each step is a message of the unit of work, with an id made of parcel and step: a repeat
 * does nothing.
 */
const STEPS = '0d4ce1a6-5c35-4f0f-8f9b-3f6a86a3b1f4';

type ClaimedJob = Pick<FakeCarrierJob, 'parcelId' | 'next' | 'correlationId'>;

/**
 * The carrier of a development system: fetches a parcel some seconds after its booking, and delivers it as many
 * seconds later. Its jobs are stored in a table, so that they survive a crash; several processes share them.
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

  /** Stores an ended job for a parcel without a booking, so that a booking that arrives later starts nothing. */
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
    const claimed = await this.#work().catch((error: unknown) => {
      this.#logger.warn(`will try again: ${error instanceof Error ? error.message : String(error)}`);
      return 0;
    });
    this.#wait(claimed === BATCH_SIZE ? 0 : POLL_MS);
  }

  async #work(): Promise<number> {
    const { rows } = await this.pool.query<ClaimedJob>(
      `UPDATE fake_carrier_jobs SET due_at = now() + interval '${LEASE}'

       WHERE parcel_id IN (
         SELECT parcel_id FROM fake_carrier_jobs WHERE due_at <= now()
         ORDER BY due_at LIMIT ${BATCH_SIZE} FOR UPDATE SKIP LOCKED
       )
       RETURNING parcel_id AS "parcelId", next, correlation_id AS "correlationId"`,
    );
    const steps = await Promise.allSettled(rows.map((job) => this.#step(job)));
    const failed = steps.find((step) => step.status === 'rejected');
    if (failed) throw failed.reason;
    return rows.length;
  }

  async #step(claimed: ClaimedJob): Promise<void> {
    const { parcelId } = claimed;
    await this.#unit.change(stepOf(claimed), { jobs: [parcelId] }, ({ jobs }, now) => {
      const job = jobs[parcelId];
      return job?.next === claimed.next ? this.#done(job, now) : {};
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
