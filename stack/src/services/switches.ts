/** What somebody in the control room can do to a service of `npm start`. */
const TURNS = ['stop', 'start', 'freeze', 'crash'] as const;
type Turn = (typeof TURNS)[number];

/** The gateway serves the control room: without it nobody could start it again. */
const SPARED = 'gateway';

/** What the switches need of the supervisor. */
export interface SwitchedServices {
  readonly names: readonly string[];
  halt(name: string): Promise<void>;
  startAgain(name: string): Promise<void>;
  signal(name: string, signal: NodeJS.Signals): void;
}

export type SwitchState = 'running' | 'frozen' | 'stopped';

/** What the gateway is answered: the state of every switch, or why nothing was done. */
export type SwitchAnswer = { services: { service: string; state: SwitchState }[] } | { refused: string };

/**
 * The switches of the control room, for the gateway's process alone: it asks over the pipe between parent and child, which
 * nobody else can open. docs/decisions/0043
 */
export class Switches {
  readonly #frozen = new Set<string>();
  readonly #stopped = new Set<string>();

  constructor(private readonly supervisor: SwitchedServices) {}

  /** @param request as it came over the pipe: `{}`, or `{ service, turn }` */
  async answer(request: unknown): Promise<SwitchAnswer> {
    const { service, turn } = request as { service?: unknown; turn?: unknown };
    if (service === undefined) return this.#states();
    if (!this.#names.includes(service as string)) return { refused: 'There is no such service here.' };
    if (!TURNS.includes(turn as Turn)) return { refused: 'There is no such switch.' };
    await this.#turn(service as string, turn as Turn);
    return this.#states();
  }

  get #names(): string[] {
    return this.supervisor.names.filter((name) => name !== SPARED);
  }

  #states(): SwitchAnswer {
    return { services: this.#names.map((service) => ({ service, state: this.#stateOf(service) })) };
  }

  #stateOf(service: string): SwitchState {
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
