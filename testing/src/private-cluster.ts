import assert from 'node:assert';
import type { Topology } from '@sluice/contracts';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { accepts, freePort } from '@sluice/stack/ports';
import { Proxy } from '@sluice/stack/proxy';
import { BrokerNode } from '@sluice/stack/rabbitmq/node';
import { clusterSettings } from '@sluice/stack/rabbitmq/settings';
import { applyTopology, topology, type TopologyOptions } from '@sluice/topology';
import { connect } from 'amqplib';
import { eventually } from './eventually.js';

const NODES = [0, 1, 2];
const BOOTS_WITHIN_MS = 90_000;
/** A quorum queue that is younger does not survive a kill -9 of its only node: seen up to 1 s. */
const SAFE_AFTER_MS = 2_000;

/** Three brokers of this test's own, in one cluster, with the topology applied. */
export async function privateCluster(map: TopologyOptions = {}): Promise<PrivateCluster> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-cluster-'));
  const ports = await Promise.all(NODES.map(() => freePort()));
  const nodes = await nodesIn(folder, await freePort(), ports);
  const proxy = await Proxy.before(eachInTurn(ports));
  const cluster = new PrivateCluster(folder, nodes, ports, proxy, topology({ ...map, replicated: true }));
  await cluster.boot().catch(async (error: unknown) => {
    await cluster.close();
    throw error;
  });
  return cluster;
}

/** The columns of RabbitMQ. */
type Figures = Record<'messages' | 'messages_ready', number>;

/** Nodes go by their index. */
export class PrivateCluster {
  /** One address for all, as the services have in containers: a connection goes to any node that accepts it. */
  readonly url: string;
  /** Of each node alone. */
  readonly urls: readonly string[];

  constructor(
    private readonly folder: string,
    private readonly nodes: readonly BrokerNode[],
    private readonly ports: readonly number[],
    private readonly proxy: Proxy,
    private readonly map: Topology,
  ) {
    this.url = urlOf(proxy.port);
    this.urls = ports.map(urlOf);
  }

  async boot(): Promise<void> {
    await Promise.all(NODES.map((node) => this.start(node)));
    await this.#node(0).control('await_online_nodes', String(NODES.length));
    await applyTopology(this.url, this.map);
  }

  /** kill -9, as a power cut would. */
  kill(node: number): Promise<void> {
    return this.#node(node).kill();
  }

  /** Boots on the data that is there; resolves when it takes connections. */
  async start(node: number): Promise<void> {
    this.#node(node).spawn();
    await this.#takesConnections(node);
  }

  /** Cuts a node off from the two others, which both sides notice at once. Resolves when it has paused. */
  async partition(node: number): Promise<void> {
    await this.#node(node).control('eval', CUT_OFF);
    await eventually(async () => assert(!(await accepts(this.ports[node]!)), `node ${node} takes connections`));
  }

  /** Resolves when every node takes connections again. */
  async heal(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.control('eval', joinAgain(this.nodes))));
    await Promise.all(NODES.map((node) => this.#takesConnections(node)));
  }

  /** Of a quorum queue. */
  async members(queue: string): Promise<{ leader: number; online: number[] }> {
    const { leader, online } = await this.#listed<{ leader: string; online: string[] }>(queue, 'leader', 'online');
    const indexOf = (wanted: string): number => this.nodes.findIndex(({ name }) => name === wanted);
    return { leader: indexOf(leader), online: online.map(indexOf) };
  }

  /** Of a queue, some seconds old: all messages, and those that it could deliver. */
  async figures(queue: string): Promise<{ messages: number; ready: number }> {
    const { messages, messages_ready: ready } = await this.#listed<Figures>(queue, 'messages', 'messages_ready');
    return { messages, ready };
  }

  /** Makes a queue of the topology anew, with this node as its only member, and as empty as it was. */
  async onOneNode(name: string, node: number): Promise<void> {
    const connection = await connect(this.urls[node]!);
    const channel = await connection.createChannel();
    await channel.deleteQueue(name);
    const { arguments: own } = this.map.queues.find((queue) => queue.name === name)!;
    await channel.assertQueue(name, { durable: true, arguments: { ...own, 'x-quorum-initial-group-size': 1 } });
    for (const { source, key, arguments: args } of this.map.bindings.filter(({ destination }) => destination === name))
      await channel.bindQueue(name, source, key, args);
    await connection.close();
    await pause(SAFE_AFTER_MS);
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await Promise.all(this.nodes.map((node) => node.end('SIGKILL')));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #node(index: number): BrokerNode {
    return this.nodes[index]!;
  }

  #takesConnections(node: number): Promise<void> {
    return eventually(async () => (await connect(this.urls[node]!)).close(), { withinMs: BOOTS_WITHIN_MS });
  }

  async #listed<T>(queue: string, ...columns: string[]): Promise<T> {
    const alive = (await Promise.all(this.ports.map((port) => accepts(port)))).indexOf(true);
    const args = ['list_queues', '--formatter', 'json', 'name', ...columns];
    const queues = JSON.parse(await this.#node(alive).control(...args)) as ({ name: string } & T)[];
    const found = queues.find(({ name }) => name === queue);
    if (!found) throw new Error(`there is no queue ${queue}`);
    return found;
  }
}

/** Like a name with several addresses: each connection goes to the next port that accepts it. */
function eachInTurn(ports: readonly number[]): () => Promise<number | undefined> {
  let connections = 0;
  return async () => {
    const first = connections++ % ports.length;
    for (const port of [...ports.slice(first), ...ports.slice(0, first)]) if (await accepts(port)) return port;
    return undefined;
  };
}

const urlOf = (port: number): string => `amqp://guest:guest@127.0.0.1:${port}`;

async function nodesIn(folder: string, epmd: number, ports: readonly number[]): Promise<BrokerNode[]> {
  const cookieFolder = path.join(folder, 'home');
  mkdirSync(cookieFolder);
  writeFileSync(path.join(cookieFolder, '.erlang.cookie'), randomBytes(16).toString('hex'), { mode: 0o400 });
  const names = NODES.map((node) => `sluice-${node}@localhost`);
  return Promise.all(
    ports.map(
      async (amqp, index) =>
        new BrokerNode({
          folder: path.join(folder, String(index)),
          cookieFolder,
          name: names[index]!,
          ports: { amqp, dist: await freePort(), epmd },
          settings: clusterSettings(names),
          busyWaiting: false,
          detached: false,
        }),
    ),
  );
}

/** From now on each side refuses the other: their cookies differ, and the connections are closed. */
const CUT_OFF = `Others = nodes(),
  [rpc:call(Node, erlang, set_cookie, [node(), cut_off_there]) || Node <- Others],
  [erlang:set_cookie(Node, cut_off_here) || Node <- Others],
  [erlang:disconnect_node(Node) || Node <- Others].`;

/** A paused node looks for the others every second. */
function joinAgain(nodes: readonly BrokerNode[]): string {
  const names = nodes.map(({ name }) => `'${name}'`).join(', ');
  return `[erlang:set_cookie(Node, erlang:get_cookie()) || Node <- [${names}] -- [node()]].`;
}
