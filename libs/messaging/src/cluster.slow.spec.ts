import { EXCHANGES } from '@sluice/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { canStartBroker, eventually, privateCluster, publish, type PrivateCluster } from '@sluice/testing';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { encode } from './codec.js';
import { Publisher } from './publisher.js';
import { Do, Happened, handles, startService, stopServices } from './testing/probe.js';

/** Consumers, and publishers: one of each per node, so that killing a node also breaks connections. */
const OF_EACH = 3;
const SENDERS = 4 * OF_EACH;
/**
 * Pause of each sender between a confirm and the next message: some hundreds of messages a second, which leaves CPU
 * time for three nodes.
 */
const PAUSE_MS = 50;

/** Long enough to kill a node while messages wait in the tier. */
const TIER_MS = 3_000;
/** More than the 32 messages that RabbitMQ forwards at once from one tier. */
const WAITING = 40;

/** Longest gap between two events, up to now. Milliseconds. */
class Pulse {
  #last = Date.now();
  #longest = 0;

  beat(): void {
    this.#longest = this.longest;
    this.#last = Date.now();
  }

  get longest(): number {
    return Math.max(this.#longest, Date.now() - this.#last);
  }
}

/** Consumers and publishers that run without a restart, with the numbers of their messages. */
async function traffic(broker: { url: string }) {
  const [confirmed, handled] = [new Set<number>(), new Set<number>()];
  const [confirms, handlings] = [new Pulse(), new Pulse()];
  const refusals: string[] = [];
  let [next, deliveries, stopped, over] = [0, 0, false, false];
  const handler = handles(Happened, async ({ data }) => {
    deliveries += 1;
    await pause(PAUSE_MS);
    handlings.beat();
    handled.add(data.n);
  });
  for (let started = 0; started < OF_EACH; started++)
    await startService(broker, [handler], { schedule: { retryTiersMs: [] } });
  const publishers = Array.from({ length: OF_EACH }, () => new Publisher(broker));
  onTestFinished(async () => {
    stopped = over = true;
    await Promise.all(publishers.map((publisher) => publisher.close()));
  });

  /** Publishes until confirmed, under the same id, as the outbox does. */
  const send = async (publisher: Publisher, n: number, id = randomUUID()): Promise<void> => {
    const message = encode(Happened({ n }), { id, time: new Date().toISOString(), correlationId: 'c', source: 'test' });
    try {
      await publisher.publish(message);
      confirms.beat();
      confirmed.add(n);
    } catch (error) {
      refusals.push((error as { reason: string }).reason);
      await pause(PAUSE_MS);
      if (!over) return send(publisher, n, id);
    }
  };
  const sending = Promise.all(
    Array.from({ length: SENDERS }, async (_, sender) => {
      for (; !stopped; await pause(PAUSE_MS)) await send(publishers[sender % OF_EACH]!, next++);
    }),
  );
  return {
    /** Resolves when 100 more messages were published, confirmed and handled. */
    async goesOn() {
      const first = next;
      await eventually(
        () => expect([...handled].filter((n) => n >= first && confirmed.has(n)).length).toBeGreaterThan(100),
        { withinMs: 30_000 },
      );
    },
    /** Stops the traffic and checks that every confirmed message is handled within 30 s. */
    async stop(what: string) {
      stopped = true;
      await sending;
      const gaps = `longest without a confirm ${confirms.longest} ms, without a message ${handlings.longest} ms`;
      await eventually(() => expect([...confirmed].filter((n) => !handled.has(n))).toEqual([]), { withinMs: 30_000 });
      console.log(
        `${what}: ${confirmed.size} confirmed and handled, ${deliveries - handled.size} twice, ` +
          `${refusals.length} sent again (${[...new Set(refusals)].join(', ')}), ${gaps}`,
      );
      expect(confirmed.size).toBe(next);
    },
  };
}

describe.skipIf(!canStartBroker)('a cluster of three brokers (skipped where no rabbitmq-server is installed)', () => {
  let cluster: PrivateCluster;
  beforeAll(async () => {
    cluster = await privateCluster({
      retryTiersMs: [TIER_MS],
      services: { probe: { events: [Happened] }, lonely: { commands: [Do] } },
    });
  }, 120_000);
  afterEach(stopServices);
  afterAll(() => cluster.close(), 60_000);

  /** Resolves with the leader when the queue has a member on every node. */
  const wholeUnder = () =>
    eventually(
      async () => {
        const { leader, online } = await cluster.members('probe.events');
        expect(online.toSorted()).toEqual([0, 1, 2]);
        return leader;
      },
      { withinMs: 30_000 },
    );

  it('cut off from the leader keeps working, loses no confirmed message, and is complete again later', async () => {
    const leader = await wholeUnder();
    const { goesOn, stop } = await traffic(cluster);
    await goesOn();
    await cluster.partition(leader);
    await expect(connect(cluster.urls[leader]!)).rejects.toThrow(); // alone it has no quorum
    await goesOn();
    await cluster.heal();
    await wholeUnder();
    await goesOn();
    await stop('the leader cut off');
  }, 120_000);

  it('where one queue has lost its majority still retries messages of other queues, and later its own', async () => {
    const node = ((await wholeUnder()) + 1) % 3;
    await cluster.onOneNode('lonely.commands', node);
    const connection = await connect(cluster.urls[(node + 1) % 3]!);
    onTestFinished(() => connection.close());
    const broker = { connection };
    const numbers = Array.from({ length: WAITING }, (_, n) => n);
    const failed: number[] = [];
    await startService(
      cluster,
      [
        handles(Do, async ({ data }) => {
          failed.push(data.n);
          throw new Error('not yet');
        }),
      ],
      { service: 'lonely', schedule: { retryTiersMs: [TIER_MS] } },
    );
    for (const n of numbers) await publish(broker, Do, { n });
    await eventually(() => expect(failed).toHaveLength(WAITING), { withinMs: TIER_MS });
    await stopServices();
    await cluster.kill(node);
    // Condition of the alert RetriesOverdue: messages whose time is up are not ready any more.
    await eventually(
      async () => expect(await cluster.figures(`lonely.retry.${TIER_MS}`)).toEqual({ messages: WAITING, ready: 0 }),
      { withinMs: 30_000 },
    );

    const tries: number[] = [];
    await startService(
      cluster,
      [
        handles(Happened, async () => {
          if (tries.push(performance.now()) === 1) throw new Error('once');
        }),
      ],
      { schedule: { retryTiersMs: [TIER_MS] } },
    );
    await publish(broker, Happened, { n: 1 });
    await eventually(() => expect(tries).toHaveLength(2), { withinMs: TIER_MS + 10_000 });
    expect(tries[1]! - tries[0]!).toBeLessThan(TIER_MS + 2_000);

    await cluster.start(node);
    const handled: number[] = [];
    await startService(cluster, [handles(Do, async ({ data }) => void handled.push(data.n))], {
      service: 'lonely',
      schedule: { retryTiersMs: [TIER_MS] },
    });
    await eventually(() => expect([...new Set(handled)].toSorted((a, b) => a - b)).toEqual(numbers), {
      withinMs: 30_000,
    });
    for (const queue of ['lonely.commands.dead', EXCHANGES.homeless])
      expect((await cluster.figures(queue)).messages, queue).toBe(0);
    console.log(
      `a majority lost: another's retry after ${Math.round(tries[1]! - tries[0]!)} ms, ` +
        `${handled.length - WAITING} of ${WAITING} twice`,
    );
  }, 120_000);

  it('whose leader is killed three times loses no confirmed message, without restarting a client', async () => {
    const { goesOn, stop } = await traffic(cluster);
    await goesOn();
    for (const round of ['first', 'second', 'third']) {
      const leader = await wholeUnder();
      await cluster.kill(leader);
      await goesOn();
      if (round !== 'third') await cluster.start(leader);
    }
    await stop('three leaders killed');
  }, 180_000);
});
