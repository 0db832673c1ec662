import type { Clock } from './clock.js';
import type { Layout } from './layout.js';
import type { Parameters } from './parameters.js';
import type { Machine } from './machine.js';
import { Station } from './station.js';

/** The broker: processors of its nodes, and a leader of each queue, which takes one message after the other. */
export class Broker {
  readonly nodes: readonly Station[];
  readonly leaders = new Map<string, Station>();
  /** AMQP messages published and delivered. */
  messages = 0;

  constructor(
    private readonly clock: Clock,
    machine: Machine,
    private readonly layout: Layout,
    private readonly parameters: Parameters,
    private readonly random: () => number,
  ) {
    this.nodes = Array.from({ length: layout.brokerNodes }, () => new Station(clock, layout.brokerCores, machine));
  }

  /**
   * Takes a message and puts it into queues; each further copy costs what the first does.
   * @param facts in the message
   * @param others deliveries that no queue stores: replies, and live facts to gateways
   */
  publish(queues: readonly string[], facts: number, others: number, then: (queue?: string) => void): void {
    const messages = 1 + queues.length + others;
    this.messages += messages;
    const { perMessage, perFact } = this.parameters.broker;
    const node = this.nodes[Math.floor(this.random() * this.nodes.length)]!;
    const ms = perMessage * messages + perFact * facts * (1 + queues.length);
    node.serve(queues.length > 0 ? ms * this.layout.copies : ms, () => {
      if (others > 0 || queues.length === 0) then();
      for (const queue of queues) this.#leaderOf(queue).serve(this.parameters.leaderMs, () => then(queue));
    });
  }

  /** One of the leaders of a queue that is divided. */
  #leaderOf(queue: string): Station {
    const name = `${queue} ${Math.floor(this.random() * this.layout.partitions)}`;
    const leader = this.leaders.get(name) ?? new Station(this.clock, 1);
    this.leaders.set(name, leader);
    return leader;
  }
}
