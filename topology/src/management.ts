import type { Binding } from './layout.js';

/** What RabbitMQ's management API says about one vhost. */
export interface Management {
  exchanges(): Promise<string[]>;
  queues(): Promise<ExistingQueue[]>;
  bindings(): Promise<Binding[]>;
}

/** The API's own counts of messages and consumers are seconds old: ask the queue itself. */
export interface ExistingQueue {
  name: string;
  exclusive: boolean;
}

type Row = Record<string, unknown>;

/** @throws Error when the API does not answer or refuses the user. */
export function management(url: string, amqpUrl: string): Management {
  const vhost = encodeURIComponent(vhostOf(amqpUrl));
  const { origin, username, password, pathname } = new URL(url);
  const authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
  const list = async (what: string): Promise<Row[]> => {
    const response = await fetch(`${origin}${pathname.replace(/\/$/, '')}/api/${what}/${vhost}`, { headers: { authorization } });
    if (!response.ok) throw new Error(`the management API at ${origin} answers ${response.status} for /api/${what}`);
    return (await response.json()) as Row[];
  };
  return {
    exchanges: async () => (await list('exchanges')).map(({ name }) => String(name)),
    queues: async () => (await list('queues')).map(toQueue),
    bindings: async () => (await list('bindings')).map(toBinding),
  };
}

/** `amqp://host/shop` is the vhost `shop`; no path is `/`, as amqplib reads it. */
export function vhostOf(amqpUrl: string): string {
  const { pathname } = new URL(amqpUrl);
  return pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : '/';
}

const toQueue = ({ name, exclusive }: Row): ExistingQueue => ({ name: String(name), exclusive: exclusive === true });

const toBinding = (row: Row): Binding => ({
  source: String(row['source']),
  to: row['destination_type'] === 'exchange' ? 'exchange' : 'queue',
  destination: String(row['destination']),
  key: String(row['routing_key']),
  arguments: row['arguments'] as Binding['arguments'],
});
