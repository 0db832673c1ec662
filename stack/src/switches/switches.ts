import type { Bursts, BurstState } from './bursts.js';
import { Fakes, type FakeState, type Send } from './fakes.js';
import { Refused } from './refused.js';
import type { ServerState, ServerSwitch } from './server-switch.js';
import type { ServiceState, ServiceSwitches } from './service-switches.js';

/** The service whose process may ask for switches. */
const CONTROL_ROOM = 'gateway';

/** What can be switched; a broker that `npm start` was given is somebody else's. */
export interface SwitchBoard {
  services: ServiceSwitches;
  broker?: ServerSwitch | undefined;
  bursts: Bursts;
}

export interface SwitchStates {
  services: ServiceState[];
  broker?: ServerState;
  providers: FakeState[];
  burst?: BurstState;
}

/** What the gateway is answered: the state of every switch, or why nothing was done. */
export type SwitchAnswer = SwitchStates | { refused: string };

/**
 * The switches of the control room, over the pipes between this process and those that it has started, which nobody
 * else can open: the gateway asks, and services with a fake of a provider name it. docs/decisions/0043, 0049
 */
export class Switches {
  readonly #fakes = new Fakes();

  constructor(private readonly board: SwitchBoard) {}

  /** @param message as it came over the pipe of a process of that service */
  hear(service: string, message: unknown, send: Send): void {
    const { id, request, fake } = message as { id?: unknown; request?: unknown; fake?: unknown };
    if (typeof fake === 'string') this.#fakes.named(fake, send);
    else if (service === CONTROL_ROOM) void this.answer(request).then((answer) => send({ id, answer }));
  }

  /** @param request `{}`, or one of those of `#turn` */
  async answer(request: unknown): Promise<SwitchAnswer> {
    try {
      await this.#turn(request as Record<string, unknown>);
      return this.#states();
    } catch (error) {
      return { refused: (error as Error).message };
    }
  }

  /** `{ service, turn }`, `{ broker }`, `{ provider, condition }` or `{ burst, count }` */
  async #turn({ service, turn, broker, provider, condition, burst, count }: Record<string, unknown>): Promise<void> {
    if (service !== undefined) return this.board.services.turn(service, turn);
    if (broker !== undefined) return this.#turnBroker(broker);
    if (provider !== undefined) return this.#fakes.switch(provider, condition);
    if (burst !== undefined) this.board.bursts.start(burst, count);
  }

  #turnBroker(turn: unknown): Promise<void> {
    if (!this.board.broker) throw new Refused('The broker here is not the one of npm start.');
    return this.board.broker.turn(turn);
  }

  #states(): SwitchStates {
    const { services, broker, bursts } = this.board;
    return {
      services: services.states(),
      ...(broker && { broker: broker.state }),
      providers: this.#fakes.states(),
      ...(bursts.state && { burst: { ...bursts.state } }),
    };
  }
}
