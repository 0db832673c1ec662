import type { Binding } from '@sluice/contracts';
import { trustingFetch, type Call } from './trust.js';

/** Client of RabbitMQ's management API, for one vhost. */
export interface Management {
  /** Name of the vhost, encoded for a path. */
  readonly vhost: string;
  exchanges(): Promise<string[]>;
  queues(): Promise<ExistingQueue[]>;
  bindings(): Promise<Binding[]>;
  /**
   * Reads `path` (after `/api/`).
   * @returns undefined when it does not exist
   */
  get<T>(path: string): Promise<T | undefined>;
  put(path: string, body: object): Promise<void>;
  post(path: string, body: object): Promise<void>;
  /** Also succeeds when nothing is there. */
  delete(path: string): Promise<void>;
}

/**
 * A queue as the API lists it. Its counts are seconds old; for the present number of ready messages use the queue
 * itself.
 */
export interface ExistingQueue {
  name: string;
  /** All messages, including expired ones that wait because their target does not accept them. */
  messages: number;
  exclusive: boolean;
}

type Row = Record<string, unknown>;

/** @throws Error when the API does not respond or refuses the user */
export function management(url: string, amqpUrl: string): Management {
  const vhost = encodeURIComponent(vhostOf(amqpUrl));
  const { origin, username, password, pathname } = new URL(url);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const call = async (path: string, init: Call = {}): Promise<Response> => {
    const response = await trustingFetch(`${origin}${pathname.replace(/\/$/, '')}/api/${path}`, {
      ...init,
      headers: { authorization, 'content-type': 'application/json' },
    });
    if (!response.ok && response.status !== 404)
      throw new Error(
        `the management API at ${origin} answers ${response.status} for ${init.method ?? 'GET'} /api/${path}`,
      );
    return response;
  };
  const get = async <T>(path: string): Promise<T | undefined> => {
    const response = await call(path);
    return response.ok ? ((await response.json()) as T) : void (await response.body?.cancel());
  };
  const send = async (method: string, path: string, body?: object): Promise<boolean> => {
    const response = await call(path, { method, ...(body && { body: JSON.stringify(body) }) });
    await response.body?.cancel();
    return response.ok;
  };
  const write = async (method: string, path: string, body: object): Promise<void> => {
    if (!(await send(method, path, body))) throw new Error(`the management API at ${origin} has no /api/${path}`);
  };
  const list = async (what: string): Promise<Row[]> => {
    const rows = await get<Row[]>(`${what}/${vhost}`);
    if (!rows) throw new Error(`the management API at ${origin} has no vhost ${decodeURIComponent(vhost)}`);
    return rows;
  };
  return {
    vhost,
    get,
    put: (path, body) => write('PUT', path, body),
    post: (path, body) => write('POST', path, body),
    delete: async (path) => void (await send('DELETE', path)),
    exchanges: async () => (await list('exchanges')).map(({ name }) => String(name)),
    queues: async () => (await list('queues')).map(toQueue),
    bindings: async () => (await list('bindings')).map(toBinding),
  };
}

/** The vhost of an AMQP address: `amqp://host/shop` is the vhost `shop`; no path is `/`, as in amqplib. */
export function vhostOf(amqpUrl: string): string {
  const { pathname } = new URL(amqpUrl);
  return pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : '/';
}

const toQueue = ({ name, exclusive, messages = 0 }: Row): ExistingQueue => ({
  name: String(name),
  messages: Number(messages),
  exclusive: exclusive === true,
});

const toBinding = (row: Row): Binding => ({
  source: String(row['source']),
  to: row['destination_type'] === 'exchange' ? 'exchange' : 'queue',
  destination: String(row['destination']),
  key: String(row['routing_key']),
  arguments: row['arguments'] as Binding['arguments'],
});
