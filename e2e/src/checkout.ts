import { StateDirectory, type RunningService } from '@sluice/stack/state-directory';
import { freePort } from '@sluice/testing';
import { borrowPackages, copyCheckout, type CheckoutCopy } from '@sluice/testing/checkout-copy';
import { runCommand, type Running } from './command.js';

export type { Running } from './command.js';

/** A copy of this checkout, with a system of its own. Tests may change its sources. */
export class Checkout {
  readonly #copy: CheckoutCopy = copyCheckout();
  readonly #stateDirectory = new StateDirectory(this.#copy.at('.sluice'));
  readonly #running = new Set<Running>();
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
    const running = runCommand(this.#copy.at('start.mjs'), command, { ...own, ...env });
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running));
    return running;
  }

  /** Ends what runs. */
  async stop(): Promise<void> {
    await this.#runToEnd('stop');
    await Promise.all([...this.#running].map((running) => running.kill()));
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
