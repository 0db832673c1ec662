import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { applyTopology, topology, type Topology, type TopologyOptions } from '@sluice/topology';
import { connect } from 'amqplib';
import { brokerNode, killEpmd, opened, type BrokerNode } from './broker-node.js';
import { eventually } from './eventually.js';
import { freePort } from '@sluice/stack/ports';
import { oneAddress } from './one-address.js';

/** Three brokers of this test's own, in one cluster, with the topology applied. Nodes go by their index. */
export interface PrivateCluster {
  /** One address for all, as the services have in containers: a connection goes to any node that is there. */
  url: string;
  /** Of each node alone. */
  urls: readonly string[];
  /** kill -9, as a power cut would. */
  kill(node: number): Promise<void>;
  /** Boots on the data that is there; resolves when it takes connections. */
  start(node: number): Promise<void>;
  /** Cuts a node off from the two others, which both sides notice at once; its clients still reach it. Resolves when it has paused. */
  partition(node: number): Promise<void>;
  /** Resolves when every node takes connections again. */
  heal(): Promise<void>;
  /** Of a quorum queue. */
  members(queue: string): Promise<{ leader: number; online: number[] }>;
  /** Makes a queue of the topology anew, with this node as its only member, and as empty as it was. */
  onOneNode(queue: string, node: number): Promise<void>;
  /** Of a queue, some seconds late: messages in all, and those that it could deliver. */
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
  const ports = await Promise.all(NODES.map(freePort));
  const nodes = await nodesIn(folder, epmd, ports);
  const address = await oneAddress(ports);
  const url = urlOf(address.port);
  const urls = ports.map(urlOf);

  const takesConnections = (node: number): Promise<void> =>
    eventually(async () => (await connect(urls[node]!)).close(), { withinMs: BOOTS_WITHIN_MS });
  const start = async (node: number): Promise<void> => {
    nodes[node]!.spawn();
    await takesConnections(node);
  };
  const listed = <T>(queue: string, columns: readonly string[]): Promise<T> => listedOn(queue, columns, nodes, ports);
  const close = async (): Promise<void> => {
    await address.close();
    await Promise.all(nodes.map((node) => node.kill()));
    await killEpmd(epmd);
    rmSync(folder, { recursive: true, force: true });
  };
  const begin = async (): Promise<void> => {
    await Promise.all(NODES.map(start));
    await nodes[0]!.ctl('await_online_nodes', String(NODES.length));
    await applyTopology(url, topology({ ...map, replicated: true }));
  };
  await begin().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    url,
    urls,
    kill: (node) => nodes[node]!.kill(),
    start,
    async partition(node) {
      await nodes[node]!.ctl('eval', CUT_OFF);
      await eventually(() => refuses(ports[node]!));
    },
    async heal() {
      await Promise.all(nodes.map((node) => node.ctl('eval', JOIN(nodes))));
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
  const home = path.join(folder, 'home');
  mkdirSync(home);
  writeFileSync(path.join(home, '.erlang.cookie'), randomBytes(16).toString('hex'), { mode: 0o400 });
  const names = NODES.map((node) => `sluice-${node}@localhost`);
  const together = names.map((name, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${name}`);
  return Promise.all(
    names.map(async (name, index) =>
      brokerNode({
        folder: path.join(folder, String(index)),
        home,
        name,
        ports: { dist: await freePort(), epmd },
        // As in containers: stack/src/containers/secrets.ts.
        config: [
          `listeners.tcp.local = 127.0.0.1:${ports[index]}`,
          'cluster_partition_handling = pause_minority',
          'cluster_formation.peer_discovery_backend = classic_config',
          ...together,
        ],
      }),
    ),
  );
}

/** From now on each side takes the other for a stranger: different cookies on the two sides, then the connections end. */
const CUT_OFF = `Others = nodes(),
  [rpc:call(Node, erlang, set_cookie, [node(), cut_off_there]) || Node <- Others],
  [erlang:set_cookie(Node, cut_off_here) || Node <- Others],
  [erlang:disconnect_node(Node) || Node <- Others].`;

/** A node that has paused asks every second who is there. */
const JOIN = (nodes: readonly BrokerNode[]): string =>
  `[erlang:set_cookie(Node, erlang:get_cookie()) || Node <- [${nodes.map(({ name }) => `'${name}'`).join(', ')}] -- [node()]].`;

async function refuses(port: number): Promise<void> {
  const socket = await opened(port).catch(() => undefined);
  socket?.destroy();
  if (socket) throw new Error(`port ${port} takes connections`);
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
  const alive = await Promise.any(ports.map(async (port, node) => ((await opened(port)).destroy(), node)));
  const queues = JSON.parse(await nodes[alive]!.ctl('list_queues', '--formatter', 'json', 'name', ...columns)) as ({
    name: string;
  } & T)[];
  const found = queues.find(({ name }) => name === queue);
  if (!found) throw new Error(`there is no queue ${queue}`);
  return found;
}
