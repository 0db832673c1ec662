import type { Revocation } from '@sluice/contracts';
import type { Caller } from './auth.js';

/** Attributes that identify a token among those of its user. */
export type TokenMarks = Pick<Caller, 'id' | 'tokenId' | 'epoch'>;

/** Number of new entries after which expired ones are removed. */
const PRUNE_EVERY = 1_000;

/**
 * Tokens that are void before they expire, some 200 bytes each until then. Without a size limit, because an evicted
 * token would be valid again; the number of sign-ins bounds it.
 */
export class RevokedTokens {
  readonly #tokens = new Map<string, number>();
  readonly #users = new Map<string, { minEpoch: number; keep: string | undefined; endsAt: number }>();
  #pruneAt = PRUNE_EVERY;

  /** @param clock ms since the epoch */
  constructor(private readonly clock: () => number = Date.now) {}

  get size(): number {
    return this.#tokens.size + this.#users.size;
  }

  /** Facts and replies arrive in any order, and more than once. */
  add({ userId, tokenId, minEpoch, keep, expiresAt }: Revocation): void {
    const endsAt = Date.parse(expiresAt);
    if (tokenId !== undefined) this.#tokens.set(tokenId, endsAt);
    const current = this.#users.get(userId)?.minEpoch ?? -1;
    if (minEpoch !== undefined && minEpoch > current) this.#users.set(userId, { minEpoch, keep, endsAt });
    if (this.size >= this.#pruneAt) this.prune();
  }

  has({ id, tokenId, epoch }: TokenMarks): boolean {
    const user = this.#users.get(id);
    return this.#tokens.has(tokenId) || (user !== undefined && epoch < user.minEpoch && tokenId !== user.keep);
  }

  /** Removes expired entries: an expired token is refused anyway. */
  prune(): void {
    const now = this.clock();
    for (const [tokenId, endsAt] of this.#tokens) if (endsAt <= now) this.#tokens.delete(tokenId);
    for (const [userId, { endsAt }] of this.#users) if (endsAt <= now) this.#users.delete(userId);
    this.#pruneAt = this.size + PRUNE_EVERY;
  }
}
