import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** One port in front of several, as a name with several addresses is: each connection goes to the next one that is there. */
export interface OneAddress {
  readonly port: number;
  close(): Promise<void>;
}

export async function oneAddress(ports: readonly number[]): Promise<OneAddress> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const first = turn++ % ports.length;
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

/** What ends one end ends the other. */
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
