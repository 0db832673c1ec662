import type { Network, NetworkTurn } from './network.js';
import { Refused } from './refused.js';

/** What somebody in the control room can do to a service of `npm start`. */
const TURNS = ['stop', 'start', 'freeze', 'crash'] as const;
type Turn = (typeof TURNS)[number];

const NETWORK_TURNS: readonly NetworkTurn[] = ['connect', 'delay', 'cut'];

/** The gateway serves the control room: without it nobody could start it again. */
const SPARED = 'gateway';

/** What the switches need of the supervisor. */
export interface SwitchedServices {
  readonly names: readonly string[];
  halt(name: string): Promise<void>;
  startAgain(name: string): Promise<void>;
  restart(name: string): Promise<void>;
  signal(name: string, signal: NodeJS.Signals): void;
}

export interface ServiceState {
  service: string;
  state: 'running' | 'frozen' | 'stopped';
  /** Between the service and the broker; absent where the broker is not the one of `npm start`. */
  network?: 'connected' | 'delayed' | 'cut';
}

/** Stops, starts, freezes and crashes services, and cuts them off from the broker. */
export class ServiceSwitches {
  readonly #frozen = new Set<string>();
  readonly #stopped = new Set<string>();
  /** Services that are being stopped or started. */
  readonly #turning = new Set<string>();

  constructor(
    private readonly supervisor: SwitchedServices,
    private readonly network?: Network,
  ) {}

  states(): ServiceState[] {
    return this.#names.map((service) => ({
      service,
      state: this.#stateOf(service),
      ...(this.network && { network: this.network.stateOf(service) }),
    }));
  }

  /** @throws {Refused} no such service or turn, or its last turn has not ended: two starts would be two processes */
  async turn(service: unknown, turn: unknown): Promise<void> {
    if (typeof service !== 'string' || !this.#names.includes(service))
      throw new Refused('There is no such service here.');
    const turned = this.#workOf(service, turn);
    if (this.#turning.has(service)) throw new Refused('It is being switched already.');
    this.#turning.add(service);
    await turned().finally(() => this.#turning.delete(service));
  }

  #workOf(service: string, turn: unknown): () => Promise<void> {
    const { network } = this;
    if (network && NETWORK_TURNS.includes(turn as NetworkTurn))
      return () => this.#turnNetwork(service, turn as NetworkTurn, network);
    if (TURNS.includes(turn as Turn)) return () => this.#turn(service, turn as Turn);
    throw new Refused('There is no such switch.');
  }

  get #names(): string[] {
    return this.supervisor.names.filter((name) => name !== SPARED);
  }

  #stateOf(service: string): ServiceState['state'] {
    if (this.#stopped.has(service)) return 'stopped';
    return this.#frozen.has(service) ? 'frozen' : 'running';
  }

  async #turn(service: string, turn: Turn): Promise<void> {
    if (turn === 'freeze') return this.#freeze(service);
    this.#thaw(service);
    if (turn === 'crash') return this.supervisor.signal(service, 'SIGKILL');
    const isStopped = this.#stopped.has(service);
    if (turn === 'stop' && !isStopped) {
      this.#stopped.add(service);
      await this.supervisor.halt(service);
    } else if (turn === 'start' && isStopped) {
      await this.supervisor.startAgain(service);
      this.#stopped.delete(service);
    }
  }

  /** At the first time the service is restarted, since until then it reaches the broker directly. */
  async #turnNetwork(service: string, turn: NetworkTurn, network: Network): Promise<void> {
    const isRewired = await network.comeBetween(service);
    if (isRewired && !this.#stopped.has(service)) {
      this.#thaw(service);
      await this.supervisor.restart(service);
    }
    network.turn(service, turn);
  }

  #freeze(service: string): void {
    if (this.#stopped.has(service)) return;
    this.#frozen.add(service);
    this.supervisor.signal(service, 'SIGSTOP');
  }

  /** Also before it is stopped: a frozen process does not end in order. */
  #thaw(service: string): void {
    if (this.#frozen.delete(service)) this.supervisor.signal(service, 'SIGCONT');
  }
}
