import { Refused } from './refused.js';

const CONDITIONS = ['well', 'slow', 'failing', 'refusing'] as const;
type Condition = (typeof CONDITIONS)[number];

/** @returns whether the process still listens */
export type Send = (message: object) => boolean;

export interface FakeState {
  provider: string;
  condition: Condition;
}

/**
 * The fakes of providers, as the processes in which they run have named them over the pipe to us: a provider with an
 * address of its own has no fake, and no switch. A process that is started again is told what its fake was told before.
 */
export class Fakes {
  readonly #conditions = new Map<string, Condition>();
  readonly #listeners = new Map<string, Send[]>();

  states(): FakeState[] {
    return [...this.#conditions].map(([provider, condition]) => ({ provider, condition })).sort(byName);
  }

  named(provider: string, send: Send): void {
    const condition = this.#conditions.get(provider) ?? 'well';
    this.#conditions.set(provider, condition);
    this.#listeners.set(provider, [...(this.#listeners.get(provider) ?? []), send]);
    if (condition !== 'well') send({ fake: provider, condition });
  }

  /** @throws {Refused} no such provider or condition */
  switch(provider: unknown, condition: unknown): void {
    if (!this.#conditions.has(provider as string)) throw new Refused('There is no such fake of a provider here.');
    if (!CONDITIONS.includes(condition as Condition)) throw new Refused('There is no such condition.');
    this.#conditions.set(provider as string, condition as Condition);
    this.#tell(provider as string, condition as Condition);
  }

  #tell(provider: string, condition: Condition): void {
    const alive = (this.#listeners.get(provider) ?? []).filter((send) => send({ fake: provider, condition }));
    this.#listeners.set(provider, alive);
  }
}

const byName = (one: FakeState, other: FakeState): number => (one.provider < other.provider ? -1 : 1);
