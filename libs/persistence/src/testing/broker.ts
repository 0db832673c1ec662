import { randomBytes } from 'node:crypto';
import { connect as open, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect } from 'amqplib';

const required = (name: string): string => process.env[name] ?? fail(`${name} must name a RabbitMQ on which tests may create virtual hosts`);
const fail = (message: string): never => {
  throw new Error(message);
};

/** A virtual host with the exchanges that the outbox publishes to, and one queue that hears every fact. */
export async function openBroker() {
  const vhost = `test-relay-${randomBytes(6).toString('hex')}`;
  await manage('PUT', `vhosts/${vhost}`);
  const url = new URL(required('AMQP_URL'));
  await manage('PUT', `permissions/${vhost}/${url.username}`, { configure: '.*', write: '.*', read: '.*' });
  url.pathname = vhost;
  const connection = await connect(url.href);
  const channel = await connection.createChannel();
  await channel.assertExchange('shop.events', 'topic');
  await channel.assertExchange('shop.commands', 'direct');
  await channel.assertQueue('heard');
  await channel.bindQueue('heard', 'shop.events', '#');
  /** The ids of all facts published so far, in order, repetitions included. */
  const heard: string[] = [];
  await channel.consume('heard', (message) => message && heard.push(message.properties.messageId as string), { noAck: true });
  return {
    url: url.href,
    heard,
    close: async () => {
      await connection.close();
      await manage('DELETE', `vhosts/${vhost}`);
    },
  };
}

async function manage(method: string, path: string, body: object = {}): Promise<void> {
  const { origin, username, password } = new URL(required('AMQP_MANAGEMENT_URL'));
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const response = await fetch(`${origin}/api/${path}`, { method, headers: { authorization, 'content-type': 'application/json' }, body: method === 'DELETE' ? null : JSON.stringify(body) });
  if (!response.ok) fail(`${method} ${path}: ${response.status} ${await response.text()}`);
}

/** The way to a broker, which can be cut: for those behind it the broker is then down. */
export async function openCable(url: string) {
  const target = new URL(url);
  const { port, hostname } = target;
  const sockets = new Set<Socket>();
  let cut = false;
  const server = createServer((near) => {
    if (cut) return near.destroy();
    const far = open(Number(port), hostname);
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      from.on('error', () => from.destroy()).on('close', () => to.destroy()).pipe(to);
    }
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target.hostname = '127.0.0.1';
  target.port = String((server.address() as AddressInfo).port);
  return {
    url: target.href,
    cut: () => {
      cut = true;
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    mend: () => {
      cut = false;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
