import { management } from '@sluice/topology';
import { eventually } from './eventually.js';

/** The name of the test's own connection, which `closeConnections` leaves open. */
export const TEST_CONNECTION = 'the test';

interface Connection {
  /** The broker's name for it. */
  name: string;
  client_properties?: {
    /** The name that its client gave it. */
    connection_name?: string;
  };
}

/** The management API, for one vhost. Paths follow `/api/`. */
export class Management {
  readonly #api;

  /** @param url with user and password */
  constructor(
    readonly url: string,
    private readonly vhost: string,
  ) {
    this.#api = management(url, `amqp://any/${vhost}`);
  }

  /** @throws Error when nothing is there */
  async get<T>(path: string): Promise<T> {
    const found = await this.#api.get<T>(path);
    if (found === undefined) throw new Error(`there is no /api/${path}`);
    return found;
  }

  put(path: string, body: object): Promise<void> {
    return this.#api.put(path, body);
  }

  post(path: string, body: object): Promise<void> {
    return this.#api.post(path, body);
  }

  delete(path: string): Promise<void> {
    return this.#api.delete(path);
  }

  /** Closes all connections to the vhost but the test's own, as an administrator would. @returns how many there were */
  closeConnections(): Promise<number> {
    return this.#close((name) => name !== TEST_CONNECTION);
  }

  /** Closes the connections of that name when `count` are listed, which takes the management API seconds. */
  async closeConnectionsNamed(name: string, count: number): Promise<void> {
    await eventually(async () => {
      const listed = (await this.#named((one) => one === name)).length;
      if (listed !== count) throw new Error(`${listed} connections are called "${name}", not ${count}`);
    });
    await this.#close((one) => one === name);
  }

  async #named(isMeant: (name: string | undefined) => boolean): Promise<Connection[]> {
    const listed = await this.get<Connection[]>(`vhosts/${this.vhost}/connections`);
    return listed.filter(({ client_properties }) => isMeant(client_properties?.connection_name));
  }

  async #close(isMeant: (name: string | undefined) => boolean): Promise<number> {
    const found = await this.#named(isMeant);
    await Promise.all(found.map(({ name }) => this.delete(`connections/${encodeURIComponent(name)}`)));
    return found.length;
  }
}
