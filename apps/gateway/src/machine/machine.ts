import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ServicePulse } from '@sluice/contracts';
import { Live } from '@sluice/http-kit';
import { Publisher, QueueDepths } from '@sluice/messaging';
import { everySecond, PulseMaker } from '@sluice/service-kit';
import { hear, isSilent, keyOf, withoutReplaced, type Processes, type Pulse } from './history.js';
import { snapshotOf, type Observed, type Snapshot } from './snapshot.js';

/** Pulses come at the whole second: a moment later all of them are here. Milliseconds. */
const AFTER_PULSES_MS = 100;

type SnapshotListener = (snapshot: Snapshot) => void;

/**
 * What is known of the whole system, from the pulses of its processes. A gateway has no right to publish facts: it adds
 * its own pulse here, and does not see other gateways.
 */
@Injectable()
export class Machine implements OnModuleDestroy {
  readonly #listeners = new Set<SnapshotListener>();
  readonly #pulse: PulseMaker;
  readonly #depths: QueueDepths;
  readonly #stop: () => Promise<void>;
  #processes: Processes = new Map();
  #observed: Observed = { depths: new Map(), samples: [] };
  #isObserving = false;

  constructor(live: Live, publisher: Publisher) {
    this.#pulse = new PulseMaker({ service: 'gateway', publisher });
    this.#depths = new QueueDepths(() => publisher.openPlainChannel());
    live.onFact(ServicePulse, (fact) => fact && this.#hear(fact.data));
    this.#stop = everySecond('machine', () => this.#tick(), AFTER_PULSES_MS);
  }

  /** Calls the listener with a snapshot a second, the first one now, until the returned function is called. */
  subscribe(listener: SnapshotListener): () => void {
    this.#listeners.add(listener);
    listener(this.#snapshot());
    return () => void this.#listeners.delete(listener);
  }

  async onModuleDestroy(): Promise<void> {
    await this.#stop();
    await Promise.all([this.#depths.close(), this.#pulse.close()]);
  }

  #hear(pulse: Pulse): void {
    this.#processes = hear(this.#processes, pulse, performance.now());
  }

  async #tick(): Promise<void> {
    this.#hear(await this.#pulse.next());
    this.#processes = withoutReplaced(this.#processes, performance.now());
    if (this.#listeners.size === 0) return;
    if (!this.#isObserving) void this.#observe();
    const snapshot = this.#snapshot();
    for (const listener of this.#listeners) listener(snapshot);
  }

  #snapshot(): Snapshot {
    return snapshotOf(this.#processes, performance.now(), new Date().toISOString(), this.#observed);
  }

  /** Reads the depth of queues whose service is gone, where the broker reports it to others than its owner. */
  async #observe(): Promise<void> {
    this.#isObserving = true;
    const now = performance.now();
    const all = [...this.#processes.values()];
    const running = new Set(all.filter((one) => !isSilent(one, now)).map(({ service }) => service));
    const gone = all.filter(({ service }) => !running.has(service));
    const queues = [...new Set(gone.flatMap(({ vitals }) => vitals?.queues.map(({ queue }) => queue) ?? []))];
    const depths = await this.#depths.read(queues);
    const counters = new Map([...depths].map(([queue, { ready }]) => [keyOf('ready', queue), ready]));
    const samples = [...this.#observed.samples.slice(-5), { at: now, counters }];
    this.#observed = { depths, samples: queues.length > 0 ? samples : [] };
    this.#isObserving = false;
  }
}
