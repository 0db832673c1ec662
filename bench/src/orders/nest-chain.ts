import { freePorts } from '@sluice/stack/ports';
import { connect } from 'amqplib';
import { peerFile, peerText, startProcess } from '../peers/peer.js';
import { Completions } from './completions.js';
import { HttpClient } from './http.js';
import { PeerOrders } from './peer-order.js';
import { startServers } from './peer-servers.js';
import { PIECES, type StartSystem } from './system.js';

const SERVICES = ['orders', 'inventory', 'payments', 'logistics', 'notifications'] as const;

/** Five services as tutorials build them, each with a database of its own. */
export const startNestChain: StartSystem = async (run) => {
  const servers = await startServers(run, { rabbit: true });
  const ports = await freePorts(SERVICES);
  const services = await Promise.all(
    SERVICES.map(async (name) => {
      const DATABASE_URL = await servers.createDatabase(`nest_${name}`, peerText('nest-chain', 'schema.sql'));
      const env = { PORT: String(ports[name]), DATABASE_URL, AMQP_URL: servers.amqpUrl };
      const args = [peerFile('nest-chain', 'dist/service.js'), name];
      return { name, ...(await startProcess({ program: process.execPath, args, env }, run)) };
    }),
  );
  const [http, inventory] = [new HttpClient(ports.orders), new HttpClient(ports.inventory)];
  const facts = await follow(servers.amqpUrl);
  const orders = new PeerOrders();
  for (const sku of orders.skus) await inventory.expect('POST', '/stock', { sku, quantity: PIECES });
  return {
    place: async () => {
      const order = orders.next();
      await http.expect('POST', '/orders', order);
      return { completed: facts.completed.of(order.id) };
    },
    parts: { ...servers.parts, ...Object.fromEntries(services.map(({ name, pid }) => [name, [pid]])) },
    wal: servers.wal,
    stop: async () => {
      for (const client of [http, inventory]) client.close();
      await facts.close();
      for (const service of services) await service.stop();
      await servers.stop();
    },
  };
};

async function follow(url: string): Promise<{ completed: Completions; close(): Promise<void> }> {
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'nest', 'order.completed');
  const completed = new Completions();
  await channel.consume(
    queue,
    (message) => {
      if (message) completed.arrive((JSON.parse(message.content.toString()) as { data: { id: string } }).data.id);
    },
    { noAck: true },
  );
  return { completed, close: () => connection.close() };
}
