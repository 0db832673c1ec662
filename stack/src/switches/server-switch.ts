import { Refused } from './refused.js';

const TURNS = ['stop', 'start', 'crash'] as const;
type Turn = (typeof TURNS)[number];

export type ServerState = 'running' | 'starting' | 'stopped';

/** Kills a server of `npm start`, which starts it again whenever it has ended, and holds its next start back. */
export class ServerSwitch {
  #isRunning = false;
  #isHeld = false;
  #release = (): void => {};

  /** @param kill as a power cut does */
  constructor(private readonly kill: () => Promise<void>) {}

  get state(): ServerState {
    if (this.#isRunning) return 'running';
    return this.#isHeld ? 'stopped' : 'starting';
  }

  /** @throws {Refused} no such turn, or none of a server that boots: killed then, it would not be started again */
  async turn(turn: unknown): Promise<void> {
    if (!TURNS.includes(turn as Turn)) throw new Refused('There is no such switch.');
    if (turn === 'start') {
      this.#isHeld = false;
      return this.#release();
    }
    if (!this.#isRunning) throw new Refused('It does not run.');
    this.#isHeld = turn === 'stop';
    await this.kill();
    this.#isRunning = false; // its keeper notices the end later, and whoever has turned the switch reads the state now
  }

  /** Called by who keeps the server running, when it takes clients. */
  started(): void {
    this.#isRunning = true;
  }

  /** Called when it has ended. Resolves when it may be started again. */
  async ended(): Promise<void> {
    this.#isRunning = false;
    if (this.#isHeld) await new Promise<void>((resolve) => (this.#release = resolve));
  }
}
