import { randomBytes } from 'node:crypto';
import { connect, type ConfirmChannel } from 'amqplib';

/**
 * A separate, empty vhost on the shared broker. (@sluice/testing applies this topology, so these tests cannot use
 * it.)
 */
export interface Vhost {
  name: string;
  url: string;
  managementUrl: string;
  channel: ConfirmChannel;
  /** Number of ready messages in the queue. */
  depth(queue: string): Promise<number>;
  queueNames(): Promise<string[]>;
  /** Calls the management API; `path` follows `/api/`. */
  call(method: string, path: string, body?: object): Promise<Response>;
  close(): Promise<void>;
}

/** Creates the vhost. Needs AMQP_URL and AMQP_MANAGEMENT_URL. */
export async function emptyVhost(): Promise<Vhost> {
  const vhost = `test-${randomBytes(6).toString('hex')}`;
  const managementUrl = process.env['AMQP_MANAGEMENT_URL'] ?? '';
  const url = new URL(process.env['AMQP_URL'] ?? '');
  url.pathname = `/${vhost}`;
  const call = caller(managementUrl);
  await call('PUT', `vhosts/${vhost}`);
  await call('PUT', `permissions/${vhost}/${url.username || 'guest'}`, { configure: '.*', write: '.*', read: '.*' });
  const connection = await connect(url.href);
  const channel = await connection.createConfirmChannel();
  return {
    name: vhost,
    url: url.href,
    managementUrl,
    call,
    channel,
    depth: async (queue) => (await channel.checkQueue(queue)).messageCount,
    queueNames: async () =>
      ((await (await call('GET', `queues/${vhost}`)).json()) as { name: string }[]).map(({ name }) => name),
    close: async () => {
      await connection.close();
      await call('DELETE', `vhosts/${vhost}`);
    },
  };
}

function caller(managementUrl: string): (method: string, path: string, body?: object) => Promise<Response> {
  const { origin, username, password } = new URL(managementUrl);
  const headers = {
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    'content-type': 'application/json',
  };
  return async (method, path, body) => {
    const response = await fetch(`${origin}/api/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} /api/${path}: ${response.status}`);
    return response;
  };
}
