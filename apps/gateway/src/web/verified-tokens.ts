import type { Caller } from './auth.js';

/** Cache size, some 500 bytes each. */
const MAX_TOKENS = 10_000;

interface Verified {
  caller: Caller;
  /** Seconds since the epoch. */
  expiresAt: number;
}

/**
 * Cache of tokens with a valid signature, the most recently used ones: a lookup takes less than 1 µs, a verification
 * 160 µs, and a client that waits for a ticket or an order polls.
 */
export class VerifiedTokens {
  readonly #tokens = new Map<string, Verified>();

  constructor(
    private readonly max = MAX_TOKENS,
    private readonly clock: () => number = Date.now,
  ) {}

  get size(): number {
    return this.#tokens.size;
  }

  /** Returns the token's caller, until it expires. */
  callerOf(token: string): Caller | undefined {
    const verified = this.#tokens.get(token);
    if (!verified) return undefined;
    this.#tokens.delete(token);
    if (verified.expiresAt * 1_000 <= this.clock()) return undefined;
    this.#tokens.set(token, verified);
    return verified.caller;
  }

  /** @param expiresAt seconds since the epoch */
  remember(token: string, caller: Caller, expiresAt: number): void {
    this.#tokens.set(token, { caller, expiresAt });
    if (this.#tokens.size > this.max) this.#tokens.delete(this.#tokens.keys().next().value!);
  }
}
