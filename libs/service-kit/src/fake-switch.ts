import { setTimeout as pause } from 'node:timers/promises';
import { dependencies, UnavailableError } from '@sluice/messaging';
import { z } from 'zod';
import { pipeTo, type Parent } from './parent.js';

/** How long a slow provider takes: longer than a person waits, and less than a timeout. Milliseconds. */
const SLOW_MS = 3_000;

const Switched = z.object({ fake: z.string(), condition: z.enum(['well', 'slow', 'failing', 'refusing']) });

/** How the fake of a provider is: well, unless somebody in the control room has switched it. docs/decisions/0049 */
export class FakeSwitch {
  condition: z.output<typeof Switched>['condition'] = 'well';

  /** @param provider as its adapter calls the dependency */
  constructor(
    readonly provider: string,
    private readonly slowMs = SLOW_MS,
  ) {}

  /**
   * Answers as a provider in this condition does.
   * @param refuse the provider says no, for good
   * @throws UnavailableError it fails
   */
  async answer<T>(work: () => T | Promise<T>, refuse: () => T): Promise<T> {
    if (this.condition === 'slow') await pause(this.slowMs);
    if (this.condition === 'failing')
      throw new UnavailableError(`the ${this.provider} answered 503, as the control room wants it`, {
        dependency: this.provider,
        mayBePoison: true,
      });
    const answer = this.condition === 'refusing' ? refuse : work;
    const given = await answer();
    dependencies.succeeded(this.provider);
    return given;
  }
}

/**
 * The switches of this process's fakes. It names each to its supervisor, and does what that says; without a pipe to one
 * (in tests, in containers), and in any environment but development, all stay well.
 */
export class FakeSwitches {
  readonly #switches = new Map<string, FakeSwitch>();
  readonly #pipe: Required<Parent> | undefined;

  constructor(parent: Parent | undefined, environment: string) {
    this.#pipe = pipeTo(parent, environment);
    this.#pipe?.on('message', (message) => this.#switched(message));
  }

  of(provider: string): FakeSwitch {
    const made = new FakeSwitch(provider);
    this.#switches.set(provider, made);
    this.#pipe?.send({ fake: provider });
    return made;
  }

  #switched(message: unknown): void {
    const { data } = Switched.safeParse(message);
    const fake = data && this.#switches.get(data.fake);
    if (fake) fake.condition = data.condition;
  }
}
