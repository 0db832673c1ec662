import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { StateDirectory, type RunningService } from '@sluice/stack/state-directory';
import { eventually, freePort } from '@sluice/testing';
import { borrowPackages, copyCheckout, type CheckoutCopy } from '@sluice/testing/checkout-copy';

/** Enough for a start on a machine that is busy with other tests. Milliseconds. */
const WITHIN_MS = 180_000;

/** A command that runs in the copy. */
export interface Running {
  /** Waits until it has printed this. */
  prints(text: string): Promise<void>;
  output(): string;
  /** As Ctrl-C does. Resolves to the exit code. */
  interrupt(): Promise<number | null>;
  /** Without a chance to clean up. */
  kill(): Promise<void>;
}

/** A copy of this checkout, with a system of its own. Tests may change its sources. */
export class Checkout {
  readonly #copy: CheckoutCopy = copyCheckout();
  readonly #stateDirectory = new StateDirectory(this.#copy.at('.sluice'));
  readonly #running = new Set<ChildProcess>();
  #port = 0;

  constructor() {
    borrowPackages(this.#copy);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The processes of the services. */
  services(): RunningService[] {
    return this.#stateDirectory.recall('services') ?? [];
  }

  /** Replaces a text in a source. */
  change(file: string, from: string | RegExp, to: string): void {
    this.#copy.edit(file, (text) => text.replace(from, to));
  }

  /** Starts `npm run <command>`, with these variables besides its own. */
  async run(command: string[], env: NodeJS.ProcessEnv = {}): Promise<Running> {
    this.#port ||= await freePort();
    const own = { PATH: process.env['PATH'], PORT: String(this.#port), RATE_LIMIT_PER_MINUTE: '0' };
    const child = spawn(process.execPath, [this.#copy.at('start.mjs'), ...command], {
      env: { ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    const ended = once(child, 'close').then(([code]) => code as number | null);
    void ended.then(() => this.#running.delete(child));
    const end = (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal);
      return ended;
    };
    const check = (text: string): void => {
      if (!output.includes(text)) throw new Error(`${command.join(' ')} has not printed "${text}":\n${output}`);
    };
    return {
      prints: (text) =>
        Promise.race([eventually(() => check(text), { withinMs: WITHIN_MS }), ended.then(() => check(text))]),
      output: () => output,
      interrupt: () => end('SIGINT'),
      kill: async () => void (await end('SIGKILL')),
    };
  }

  /** Ends what runs. */
  async stop(): Promise<void> {
    await this.#runToEnd('stop');
    for (const child of this.#running) child.kill('SIGKILL');
  }

  /** Removes the copy and its data, which PostgreSQL may keep elsewhere. */
  async close(): Promise<void> {
    await this.#runToEnd('reset', '--yes');
    this.#copy.remove();
  }

  async #runToEnd(...command: string[]): Promise<void> {
    await (await this.run(command)).prints(`✓ ${command[0]}`);
  }
}
