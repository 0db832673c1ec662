import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { freePorts } from '@sluice/stack/ports';
import { until } from '@sluice/stack/until';
import type { BenchRun } from '../benchmark.js';
import { peerFile, startProcess, type PeerProcess } from '../peers/peer.js';
import { requireCompleted } from './dbos.js';
import { HttpClient } from './http.js';
import { PeerOrders } from './peer-order.js';
import { PIECES, type StartSystem } from './system.js';

const SERVICES = ['orders', 'inventory', 'payments', 'logistics', 'notifications'] as const;
const SERVER_PORTS = ['node', 'admin', 'ingress'] as const;

/** Restate's server with its defaults, and five participants, each in a process of its own. */
export const startRestate: StartSystem = async (run) => {
  const ports = await freePorts([...SERVICES, ...SERVER_PORTS]);
  const server = await startServer(run, ports);
  const services = await Promise.all(
    SERVICES.map(async (name) => {
      const env = { PORT: String(ports[name]), RESTATE_LOGGING: 'ERROR' };
      const args = [peerFile('restate', 'dist/service.js'), name];
      return { name, ...(await startProcess({ program: process.execPath, args, env }, run)) };
    }),
  );
  const [admin, http] = [new HttpClient(ports.admin), new HttpClient(ports.ingress)];
  for (const name of SERVICES) await register(admin, ports[name]);
  const orders = new PeerOrders();
  for (const sku of orders.skus) await http.expect('POST', `/inventory/${sku}/receive`, PIECES);
  return {
    place: async () => {
      const { id, ...order } = orders.next();
      await http.expect('POST', `/orders/${id}/run/send`, order);
      return { completed: http.expect('GET', `/restate/workflow/orders/${id}/attach`).then(requireCompleted) };
    },
    parts: { server: [server.pid], ...Object.fromEntries(services.map(({ name, pid }) => [name, [pid]])) },
    stop: async () => {
      for (const client of [admin, http]) client.close();
      for (const service of services) await service.stop();
      await server.stop();
    },
  };
};

async function startServer(run: BenchRun, ports: Record<(typeof SERVER_PORTS)[number], number>): Promise<PeerProcess> {
  const data = run.stateDirectory.path('restate', 'data');
  rmSync(data, { recursive: true, force: true });
  const config = run.stateDirectory.path('restate', 'restate.toml');
  writeFileSync(config, settings(data, ports));
  const admin = new HttpClient(ports.admin);
  const isReady = (): Promise<boolean> =>
    admin.call('GET', '/health').then(
      ({ status }) => status === 200,
      () => false,
    );
  return startProcess({ program: serverProgram(), args: ['--config-file', config], isReady }, run);
}

const settings = (data: string, ports: Record<(typeof SERVER_PORTS)[number], number>): string =>
  [
    ...['node-name = "bench"', `base-dir = "${data}"`, 'listen-mode = "tcp"', 'bind-ip = "127.0.0.1"'],
    ...[`bind-port = ${ports.node}`, 'log-filter = "warn"', 'disable-telemetry = true'],
    ...['[admin]', `bind-port = ${ports.admin}`, '[ingress]', `bind-port = ${ports.ingress}`],
  ].join('\n');

/** The program is in a package for each platform, of which npm installs one. */
function serverProgram(): string {
  const scope = peerFile('restate', 'node_modules/@restatedev');
  const programs = readdirSync(scope).map((name) => `${scope}/${name}/bin/restate-server`);
  const found = programs.find((file) => existsSync(file));
  if (!found) throw new Error('@restatedev/restate-server has no program for this platform');
  return found;
}

/** The server begins to accept registrations shortly after it is healthy. */
async function register(admin: HttpClient, port: number): Promise<void> {
  const body = { uri: `http://127.0.0.1:${port}` };
  const probe = (): Promise<boolean> => admin.call('POST', '/deployments', body).then(({ status }) => status < 300);
  if (!(await until(probe, { withinMs: 30_000, everyMs: 500 }))) throw new Error(`no registration of port ${port}`);
}
