import { EXCHANGES, ServicePulse, type Data } from '@sluice/contracts';
import { factsIn } from '@sluice/testing';
import { connect } from 'amqplib';

type Vitals = NonNullable<Data<typeof ServicePulse>['vitals']>;

/** Totals of one process since its start, by name: `commits`, `handled`, `sent`, `delivered orders.events`. */
export type Totals = Readonly<Record<string, number>>;

/** Totals of one process at the time of one of its pulses. */
export interface Sample {
  /** As `process.hrtime` has it. Microseconds. */
  at: number;
  totals: Totals;
}

/** What the processes say once a second of what they have done. */
export class Pulses {
  readonly #samples = new Map<string, { service: string; samples: Sample[] }>();

  private constructor(readonly close: () => Promise<void>) {}

  static async follow(url: string): Promise<Pulses> {
    const connection = await connect(url, { noDelay: true });
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, EXCHANGES.events, ServicePulse.type);
    const pulses = new Pulses(() => connection.close());
    const hear = (data: Data<typeof ServicePulse>): void => pulses.hear(data, Number(process.hrtime.bigint() / 1_000n));
    await channel.consume(
      queue,
      (message) => message && factsIn(message).forEach((fact) => hear(fact.data as Data<typeof ServicePulse>)),
      { noAck: true },
    );
    return pulses;
  }

  hear({ service, instance, vitals }: Data<typeof ServicePulse>, at: number): void {
    const process = this.#samples.get(instance) ?? { service, samples: [] };
    this.#samples.set(instance, process);
    const totals = vitals ? totalsOf(vitals) : process.samples.at(-1)?.totals; // a pulse without says: nothing new
    if (totals) process.samples.push({ at, totals });
  }

  /** What the processes of each service have done between two times, per name; a service with several has their sum. */
  between(from: number, to: number): Record<string, Record<string, number>> {
    const done: Record<string, Record<string, number>> = {};
    for (const { service, samples } of this.#samples.values()) {
      const sums = (done[service] ??= {});
      for (const name of Object.keys(samples.at(-1)?.totals ?? {}))
        sums[name] = (sums[name] ?? 0) + totalAt(samples, name, to) - totalAt(samples, name, from);
    }
    return done;
  }
}

/** Between two pulses a total is taken to grow evenly. */
export function totalAt(samples: readonly Sample[], name: string, time: number): number {
  const later = samples.findIndex(({ at }) => at >= time);
  const after = samples.at(later === -1 ? samples.length - 1 : later)!;
  const before = samples.at(later === -1 ? samples.length - 1 : Math.max(0, later - 1))!;
  const [from, to] = [before.totals[name] ?? 0, after.totals[name] ?? 0];
  return after.at === before.at ? to : from + ((to - from) * (time - before.at)) / (after.at - before.at);
}

function totalsOf({ commits, sent, published, queues }: Vitals): Totals {
  const consumed = queues.flatMap(({ queue, consuming }) => (consuming ? [{ queue, ...consuming }] : []));
  const handled = consumed.flatMap((queue) => queue.handled.map(({ ack }) => ack));
  return {
    commits: commits?.count ?? 0,
    committed: commits?.messages ?? 0,
    'commit ms': commits?.ms ?? 0,
    handled: sum(handled),
    published: sum(published.map(({ confirmed }) => confirmed)),
    sent: sum(sent.map(({ messages }) => messages)),
    ...Object.fromEntries(consumed.map(({ queue, delivered }) => [`delivered ${queue}`, delivered])),
  };
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
