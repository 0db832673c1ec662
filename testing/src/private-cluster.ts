import type { Topology } from '@sluice/contracts';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { accepts, freePort } from '@sluice/stack/ports';
import { BrokerNode } from '@sluice/stack/rabbitmq/node';
import { clusterSettings } from '@sluice/stack/rabbitmq/settings';
import { applyTopology, topology, type TopologyOptions } from '@sluice/topology';
import { connect } from 'amqplib';
import { eventually } from './eventually.js';
import { roundRobinProxy } from './round-robin-proxy.js';

/** Three brokers of this test's own, in one cluster, with the topology applied. Nodes go by their index. */
export interface PrivateCluster {
  /** One address for all, as the services have in containers: a connection goes to any node that accepts it. */
  url: string;
  /** Of each node alone. */
  urls: readonly string[];
  /** kill -9, as a power cut would. */
  kill(node: number): Promise<void>;
  /** Boots on the data that is there; resolves when it takes connections. */
  start(node: number): Promise<void>;
  /** Cuts a node off from the two others, which both sides notice at once. Resolves when it has paused. */
  partition(node: number): Promise<void>;
  /** Resolves when every node takes connections again. */
  heal(): Promise<void>;
  /** Of a quorum queue. */
  members(queue: string): Promise<{ leader: number; online: number[] }>;
  /** Makes a queue of the topology anew, with this node as its only member, and as empty as it was. */
  onOneNode(queue: string, node: number): Promise<void>;
  /** Of a queue, some seconds old: all messages, and those that it could deliver. */
  figures(queue: string): Promise<{ messages: number; ready: number }>;
  close(): Promise<void>;
}

const NODES = [0, 1, 2];
const BOOTS_WITHIN_MS = 90_000;
/** A quorum queue that is younger does not survive a kill -9 of its only node: seen up to 1 s. */
const SAFE_AFTER_MS = 2_000;

export async function privateCluster(map: TopologyOptions = {}): Promise<PrivateCluster> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-cluster-'));
  const epmd = await freePort();
  const ports = await Promise.all(NODES.map(() => freePort()));
  const nodes = await nodesIn(folder, epmd, ports);
  const proxy = await roundRobinProxy(ports);
  const url = urlOf(proxy.port);
  const urls = ports.map(urlOf);

  const takesConnections = (node: number): Promise<void> =>
    eventually(async () => (await connect(urls[node]!)).close(), { withinMs: BOOTS_WITHIN_MS });
  const start = async (node: number): Promise<void> => {
    nodes[node]!.spawn();
    await takesConnections(node);
  };
  const listed = <T>(queue: string, columns: readonly string[]): Promise<T> => listedOn(queue, columns, nodes, ports);
  const close = async (): Promise<void> => {
    await proxy.close();
    await Promise.all(nodes.map((node) => node.end('SIGKILL')));
    rmSync(folder, { recursive: true, force: true });
  };
  const boot = async (): Promise<void> => {
    await Promise.all(NODES.map(start));
    await nodes[0]!.control('await_online_nodes', String(NODES.length));
    await applyTopology(url, topology({ ...map, replicated: true }));
  };
  await boot().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    url,
    urls,
    kill: (node) => nodes[node]!.kill(),
    start,
    async partition(node) {
      await nodes[node]!.control('eval', CUT_OFF);
      await eventually(() => refuses(ports[node]!));
    },
    async heal() {
      await Promise.all(nodes.map((node) => node.control('eval', joinAgain(nodes))));
      await Promise.all(NODES.map(takesConnections));
    },
    async members(queue) {
      const { leader, online } = await listed<{ leader: string; online: string[] }>(queue, ['leader', 'online']);
      const indexOf = (wanted: string): number => nodes.findIndex(({ name }) => name === wanted);
      return { leader: indexOf(leader), online: online.map(indexOf) };
    },
    onOneNode: (queue, node) => withOneMember(urls[node]!, queue, topology({ ...map, replicated: true })),
    async figures(queue) {
      const { messages, messages_ready: ready } = await listed<{ messages: number; messages_ready: number }>(queue, [
        'messages',
        'messages_ready',
      ]);
      return { messages, ready };
    },
    close,
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

async function refuses(port: number): Promise<void> {
  if (await accepts(port)) throw new Error(`port ${port} takes connections`);
}

async function withOneMember(url: string, name: string, { queues, bindings }: Topology): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  await channel.deleteQueue(name);
  await channel.assertQueue(name, {
    durable: true,
    arguments: { ...queues.find((queue) => queue.name === name)!.arguments, 'x-quorum-initial-group-size': 1 },
  });
  for (const { source, key, arguments: args } of bindings.filter(({ destination }) => destination === name))
    await channel.bindQueue(name, source, key, args);
  await connection.close();
  await pause(SAFE_AFTER_MS);
}

async function listedOn<T>(
  queue: string,
  columns: readonly string[],
  nodes: readonly BrokerNode[],
  ports: readonly number[],
): Promise<T> {
  const alive = (await Promise.all(ports.map((port) => accepts(port)))).indexOf(true);
  const queues = JSON.parse(await nodes[alive]!.control('list_queues', '--formatter', 'json', 'name', ...columns)) as ({
    name: string;
  } & T)[];
  const found = queues.find(({ name }) => name === queue);
  if (!found) throw new Error(`there is no queue ${queue}`);
  return found;
}
