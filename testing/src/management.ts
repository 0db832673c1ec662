import { ManagementError, managementApi } from '@sluice/stack/rabbitmq/administration';
import { eventually } from './eventually.js';

/** The management API, for one vhost. */
export interface Management {
  /** With user and password. */
  readonly url: string;
  /** `path` follows `/api/`. */
  get<T>(path: string): Promise<T>;
  put(path: string, body?: object): Promise<void>;
  delete(path: string): Promise<void>;
  post(path: string, body: object): Promise<void>;
  /**
   * Closes every connection to the vhost but the test's own, as an administrator would. @returns how many there were
   */
  closeConnections(): Promise<number>;
  /**
   * Waits until `count` connections of that name are listed, which takes the management API seconds, and closes them.
   */
  closeConnectionsNamed(name: string, count: number): Promise<void>;
}

/** The name of the test's own connection, which `closeConnections` leaves open. */
export const TEST_CONNECTION = 'the test';

interface Connection {
  /** The broker's name for it. */
  name: string;
  /** The name that its client gave it. */
  clientName: string | undefined;
}

interface ListedConnection {
  name: string;
  client_properties?: { connection_name?: string };
}

export function managementOf(url: string, vhost: string): Management {
  const call = managementApi({ url: `amqp://any/${vhost}`, managementUrl: url });
  const get = async <T>(path: string): Promise<T> => (await call('GET', path)) as T;
  const remove = async (path: string): Promise<void> => {
    await call('DELETE', path).catch((error: unknown) => {
      if (!(error instanceof ManagementError && error.status === 404)) throw error; // it is deleted already
    });
  };
  const connections = async (): Promise<Connection[]> => {
    const listed = await get<ListedConnection[]>(`vhosts/${vhost}/connections`);
    return listed.map(({ name, client_properties }) => ({ name, clientName: client_properties?.connection_name }));
  };
  const closeAll = (listed: Connection[]): Promise<void[]> =>
    Promise.all(listed.map(({ name }) => remove(`connections/${encodeURIComponent(name)}`)));
  return {
    url,
    get,
    put: async (path, body) => void (await call('PUT', path, body)),
    delete: remove,
    post: async (path, body) => void (await call('POST', path, body)),
    async closeConnections() {
      const others = (await connections()).filter(({ clientName }) => clientName !== TEST_CONNECTION);
      await closeAll(others);
      return others.length;
    },
    async closeConnectionsNamed(name, count) {
      const found = await eventually(async () => {
        const named = (await connections()).filter(({ clientName }) => clientName === name);
        if (named.length !== count) throw new Error(`${named.length} connections are called "${name}", not ${count}`);
        return named;
      });
      await closeAll(found);
    },
  };
}
