import { freePort } from '@sluice/stack/ports';
import { peerFile, peerText, startProcess } from '../peers/peer.js';
import { HttpClient } from './http.js';
import { PeerOrders } from './peer-order.js';
import { startServers } from './peer-servers.js';
import { PIECES, type StartSystem } from './system.js';

/** DBOS runs a workflow in the process that accepted it, here in one process. */
export const startDbos: StartSystem = async (run) => {
  const servers = await startServers(run, { rabbit: false });
  const port = await freePort();
  const env = {
    PORT: String(port),
    SHOP_URL: await servers.createDatabase('dbos_shop', peerText('dbos', 'schema.sql')),
    SYSTEM_URL: await servers.createDatabase('dbos_system'),
  };
  const app = await startProcess({ program: process.execPath, args: [peerFile('dbos', 'dist/app.js')], env }, run);
  const http = new HttpClient(port);
  const orders = new PeerOrders();
  for (const sku of orders.skus) await http.expect('POST', '/stock', { sku, quantity: PIECES });
  return {
    place: async () => {
      const order = orders.next();
      await http.expect('POST', '/orders', order);
      return { completed: http.expect('GET', `/orders/${order.id}`).then(requireCompleted) };
    },
    parts: { ...servers.parts, app: [app.pid] },
    wal: servers.wal,
    stop: async () => {
      http.close();
      await app.stop();
      await servers.stop();
    },
  };
};

/** @throws Error when an order has come to another end */
export function requireCompleted(status: unknown): void {
  if (status !== 'completed') throw new Error(`an order is ${String(status)}`);
}
