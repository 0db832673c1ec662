import type { Caller } from './tokens.js';

/** Some 500 bytes each. */
const MAX_TOKENS = 10_000;

interface Verified {
  caller: Caller;
  /** Seconds since the epoch. */
  expiresAt: number;
}

/**
 * Tokens whose signature was found to be good, those used last: to look one up takes less than a microsecond, to verify it
 * again 160, and who waits for a ticket or an order asks again and again.
 */
export class VerifiedTokens {
  readonly #known = new Map<string, Verified>();

  constructor(
    private readonly max = MAX_TOKENS,
    private readonly clock: () => number = Date.now,
  ) {}

  get size(): number {
    return this.#known.size;
  }

  /** Whose it is, until it expires. */
  callerOf(token: string): Caller | undefined {
    const known = this.#known.get(token);
    if (!known) return undefined;
    this.#known.delete(token);
    if (known.expiresAt * 1_000 <= this.clock()) return undefined;
    this.#known.set(token, known);
    return known.caller;
  }

  /** @param expiresAt seconds since the epoch */
  remember(token: string, caller: Caller, expiresAt: number): void {
    this.#known.set(token, { caller, expiresAt });
    if (this.#known.size > this.max) this.#known.delete(this.#known.keys().next().value!);
  }
}
