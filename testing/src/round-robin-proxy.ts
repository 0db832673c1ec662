import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * One port before several, like a name with several addresses: each connection goes to the next one that accepts it.
 */
export interface RoundRobinProxy {
  readonly port: number;
  close(): Promise<void>;
}

export async function roundRobinProxy(ports: readonly number[]): Promise<RoundRobinProxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const first = connections++ % ports.length;
    void firstOpened([...ports.slice(first), ...ports.slice(0, first)]).then((upstream) =>
      join(client, upstream, sockets),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function firstOpened([port, ...others]: readonly number[]): Promise<Socket | undefined> {
  return port === undefined ? undefined : opened(port).catch(() => firstOpened(others));
}

/** @throws Error while no server listens there */
async function opened(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return socket;
}

/** When one end closes, the other is closed. */
function join(client: Socket, upstream: Socket | undefined, sockets: Set<Socket>): void {
  if (!upstream) return void client.destroy();
  upstream.setNoDelay(true);
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    sockets.add(one);
    one.on('error', () => undefined).once('close', () => (sockets.delete(one), other.destroy()));
    one.pipe(other);
  }
}
