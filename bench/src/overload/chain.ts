import { fileURLToPath } from 'node:url';
import { freePort } from '@sluice/stack/ports';
import { HttpClient } from '../orders/http.js';
import { PeerOrders } from '../orders/peer-order.js';
import { startServers } from '../orders/peer-servers.js';
import type { StartSystem } from '../orders/system.js';
import { startProcess } from '../peers/peer.js';

/** From the last to the first: each needs the address of the next. */
const SERVICES = ['logistics', 'payments', 'inventory', 'orders'] as const;
const PROGRAM = fileURLToPath(new URL('chain-service.js', import.meta.url));
const TABLE = "CREATE TABLE steps (id text PRIMARY KEY, body jsonb NOT NULL, state text NOT NULL DEFAULT 'begun')";

/** Four services that call each other while the customer waits, each with a database of its own. */
export const startChain: StartSystem = async (run) => {
  const servers = await startServers(run, { rabbit: false });
  const parts: Record<string, number[]> = { ...servers.parts };
  const stops: (() => Promise<void>)[] = [];
  let port = 0;
  for (const name of SERVICES) {
    const next = port && `http://127.0.0.1:${port}`;
    port = await freePort();
    const DATABASE_URL = await servers.createDatabase(`chain_${name}`, TABLE);
    const env = { PORT: String(port), DATABASE_URL, ...(next && { NEXT: next }) };
    const { pid, stop } = await startProcess({ program: process.execPath, args: [PROGRAM], env }, run);
    parts[name] = [pid];
    stops.push(stop);
  }
  const http = new HttpClient(port);
  const orders = new PeerOrders();
  return {
    place: async () => {
      await http.expect('POST', '/orders', orders.next());
      return { completed: Promise.resolve() };
    },
    parts,
    stop: async () => {
      http.close();
      for (const stop of stops) await stop();
      await servers.stop();
    },
  };
};
