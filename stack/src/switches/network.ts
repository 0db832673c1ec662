import { Proxy } from '../proxy.js';

export type NetworkTurn = 'connect' | 'delay' | 'cut';
type NetworkState = 'connected' | 'delayed' | 'cut';

/** In each direction. Enough that a person sees it, and less than any timeout. Milliseconds. */
const DELAY_MS = 250;

const AFTER: Record<NetworkTurn, NetworkState> = { connect: 'connected', delay: 'delayed', cut: 'cut' };

/**
 * The network between each service and the broker: direct, until somebody wants to cut or delay it. From then on that
 * service goes through a proxy.
 */
export class Network {
  readonly #proxies = new Map<string, Proxy>();
  readonly #states = new Map<string, NetworkState>();

  /** @param rewire gives the service another port of the broker, from its next start on */
  constructor(
    private readonly brokerPort: number,
    private readonly rewire: (service: string, port: number) => void,
  ) {}

  stateOf(service: string): NetworkState {
    return this.#states.get(service) ?? 'connected';
  }

  /** @returns whether the service must be started again, to go through the proxy */
  async comeBetween(service: string): Promise<boolean> {
    if (this.#proxies.has(service)) return false;
    const proxy = await Proxy.before(() => this.brokerPort);
    this.#proxies.set(service, proxy);
    this.rewire(service, proxy.port);
    return true;
  }

  /** What is sent while it is cut arrives when it is connected again, as after an outage of a network. */
  turn(service: string, turn: NetworkTurn): void {
    const proxy = this.#proxies.get(service);
    if (turn === 'cut') proxy?.swallow();
    else if (turn === 'delay') proxy?.delay(DELAY_MS);
    else proxy?.pass();
    this.#states.set(service, AFTER[turn]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
  }
}
