import { Broker } from './broker.js';
import type { Clock } from './clock.js';
import { Database } from './database.js';
import { COMPLETED, FLOW, LIVE, PAYABLE, PLACE, REPLIED, SERVICES, type Handler, type ServiceName } from './flow.js';
import { Groups } from './groups.js';
import { processesOf, type Layout } from './layout.js';
import type { Parameters } from './parameters.js';
import { Machine } from './machine.js';
import { Station } from './station.js';

/** One order on its way. */
export interface Order {
  /** Whether it is for the one product that many want. */
  hot: boolean;
  completed(): void;
}

interface Message {
  order: Order;
  handler: Handler;
  type: string;
}

/** Most facts in one AMQP message (libs/messaging/src/batches.ts). */
const MAX_FACTS = 100;
/** Most messages in one commit: what the prefetch lets a process have of its two busy queues. */
const MAX_BATCH = 200;

interface Process {
  thread: Station;
  batches: Groups<Message>;
}

/** The shop: gateways, services with group commit, a broker whose queues have leaders, databases with a log. */
export class SimulatedSystem {
  readonly machine: Machine;
  readonly gateways: readonly { thread: Station; shownMs: number }[];
  readonly processes: Readonly<Record<ServiceName, readonly Process[]>>;
  readonly databases: readonly Database[];
  readonly broker: Broker;
  readonly commits = processesOf(() => 0);
  /** Time in which the row of the product that many want was locked. Milliseconds. */
  lockedMs = 0;
  readonly #hotRow: Station;
  /** The generator of the load, where it runs on the same cores. */
  readonly #customers: Station;
  /** Processor time that every gateway has had to spend on live facts so far. Milliseconds. */
  #liveMs = 0;

  constructor(
    readonly clock: Clock,
    readonly layout: Layout,
    private readonly parameters: Parameters,
    private readonly random: () => number,
  ) {
    const { cores, processes, databases, postgresCores } = layout;
    this.machine = new Machine(clock, cores);
    this.#customers = new Station(clock, cores, this.machine);
    this.gateways = Array.from({ length: processes.gateway }, () => ({ thread: this.#thread(), shownMs: 0 }));
    this.databases = Array.from(
      { length: databases === 'one' ? 1 : SERVICES.length },
      () => new Database(clock, postgresCores, this.machine, parameters),
    );
    this.broker = new Broker(clock, this.machine, layout, parameters, random);
    this.#hotRow = new Station(clock, 1);
    this.processes = Object.fromEntries(
      SERVICES.map((service) => [service, Array.from({ length: processes[service] }, () => this.#process(service))]),
    ) as Record<ServiceName, Process[]>;
  }

  /** A customer places an order; it is paid as soon as it can be. */
  place(order: Order): void {
    this.#customers.serve(this.layout.loadMs, () => this.#request(PLACE, order));
  }

  /** A gateway serves a request, after the live facts that have come since its last one. */
  #request(type: string, order: Order): void {
    const gateway = this.#oneOf(this.gateways);
    const liveMs = this.#liveMs - gateway.shownMs;
    gateway.shownMs = this.#liveMs;
    gateway.thread.serve(this.parameters.gateway.perRequest + liveMs, () => this.#publish(type, [order]));
  }

  #thread(): Station {
    return new Station(this.clock, 1, this.machine);
  }

  #process(service: ServiceName): Process {
    const thread = this.#thread();
    return { thread, batches: new Groups((take, done) => this.#serve(service, thread, take, done), MAX_BATCH) };
  }

  /** A process takes what waits when it has a core: while it waits for one, more messages come. */
  #serve(service: ServiceName, thread: Station, take: () => Message[], done: () => void): void {
    let batch: Message[] = [];
    const ms = (): number => {
      batch = take();
      return costOf(this.parameters.services[service], batch.length);
    };
    const pauseMs = (workMs: number): number => workMs / this.#shareOf(service) - workMs;
    thread.serveWhenFree(ms, () => this.#commit(service, batch, done), pauseMs);
  }

  #commit(service: ServiceName, batch: Message[], done: () => void): void {
    this.commits[service] += 1;
    const committed = (): void => {
      this.#sendAll(batch);
      done();
    };
    const isHot = service === 'inventory' && batch.some(({ order }) => order.hot);
    if (!isHot) return this.#transaction(service, batch.length, committed);
    this.#hotRow.acquire(() => {
      const since = this.clock.now;
      this.#transaction(service, batch.length, () => {
        this.#unlock(since);
        committed();
      });
    });
  }

  /** State, inbox and outbox of a batch: two round trips, the second with a write of the log. */
  #transaction(service: ServiceName, messages: number, then: () => void): void {
    const { clock, layout, parameters } = this;
    const database = this.databases[this.databases.length === 1 ? 0 : SERVICES.indexOf(service)]!;
    const halfMs = costOf(parameters.postgres, messages) / 2;
    const arrive = (next: () => void): void => clock.after(layout.networkMs, next);
    const flush = (): void => database.flush(parameters.walBytesPerMessage * messages, () => arrive(then));
    const write = (): void => database.cpu.serve(halfMs, flush);
    arrive(() => database.cpu.serve(halfMs, () => arrive(() => arrive(write))));
  }

  #unlock(since: number): void {
    this.lockedMs += this.clock.now - since;
    this.#hotRow.release();
  }

  /** What a process can use of a core: its share, less what it needs without any work. */
  #shareOf(service: ServiceName): number {
    const share = this.layout.shares[service];
    return share === undefined ? 1 : share - this.parameters.idleShare;
  }

  /** Facts of one commit and type are one AMQP message (docs/decisions/0034). */
  #sendAll(batch: readonly Message[]): void {
    const byType = new Map<string, Order[]>();
    for (const { type, handler, order } of batch) {
      if (REPLIED.has(type)) this.broker.publish([], 1, 0, () => {});
      for (const sent of handler.sends) {
        const orders = byType.get(sent);
        if (orders) orders.push(order);
        else byType.set(sent, [order]);
      }
    }
    for (const [type, orders] of byType) this.#publish(type, orders);
  }

  #publish(type: string, orders: readonly Order[]): void {
    const [handler] = FLOW[type]!;
    if (handler && !handler.queue) return this.#handle(handler, type, orders);
    for (let from = 0; from < orders.length; from += MAX_FACTS) this.#send(type, orders.slice(from, from + MAX_FACTS));
  }

  #send(type: string, orders: readonly Order[]): void {
    const byQueue = new Map(FLOW[type]!.map((handler) => [handler.queue!, handler]));
    const { networkMs } = this.layout;
    const readers = this.layout.live === 'every gateway' ? this.gateways.length : 1;
    const gateways = LIVE.has(type) ? readers : 0;
    const arrived = (queue?: string): void => {
      const handler = queue && byQueue.get(queue);
      if (handler) this.clock.after(networkMs, () => this.#handle(handler, type, orders));
      else if (gateways > 0) this.#show(type, orders);
    };
    this.clock.after(networkMs, () => this.broker.publish([...byQueue.keys()], orders.length, gateways, arrived));
  }

  /** Every gateway reads every live fact, whoever watches it; or one of them, where facts go to who shows them. */
  #show(type: string, orders: readonly Order[]): void {
    const ms = this.parameters.gateway.perLiveFact * orders.length;
    if (this.layout.live === 'every gateway') this.#liveMs += ms;
    else this.#oneOf(this.gateways).shownMs -= ms;
    for (const order of orders) {
      if (type === PAYABLE) this.#request('payments.pay', order);
      if (type === COMPLETED) order.completed();
    }
  }

  #handle(handler: Handler, type: string, orders: readonly Order[]): void {
    const { batches } = this.#oneOf(this.processes[handler.service]);
    const messages = orders.map((order) => ({ order, handler, type }));
    if (handler.patient) for (const message of messages) batches.addPatient(message);
    else batches.add(...messages);
  }

  #oneOf<T>(all: readonly T[]): T {
    return all[Math.floor(this.random() * all.length)]!;
  }
}

const costOf = ({ perCommit, perMessage }: { perCommit: number; perMessage: number }, messages: number): number =>
  perCommit + perMessage * messages;
