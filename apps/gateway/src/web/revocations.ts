import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { ListRevocations, TokensRevoked, type Reply, type Revocation } from '@sluice/contracts';
import { Live, Refresher } from '@sluice/http-kit';
import { ProblemError, Publisher } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { GatewayConfig } from '../config.js';
import { Rpc } from '../rpc.js';
import { RevokedTokens, type TokenMarks } from './revoked-tokens.js';

/**
 * Retry interval while the publishing connection is not ready; it may connect later than the consuming one.
 * Milliseconds.
 */
const NOT_READY_MS = 100;

/** Revocations that accounts committed this long before a read may have been invisible to it. Milliseconds. */
const OVERLAP_MS = 30_000;

/**
 * Tokens that are void before they expire: updated by each fact, and by reading the changes periodically, since a fact
 * may be lost. Empty before the first reply of accounts (docs/decisions/0025).
 */
@Injectable()
export class Revocations implements OnModuleDestroy {
  readonly #logger = new Logger('revocations');
  readonly #revoked = new RevokedTokens();
  readonly #refresher: Refresher;
  readonly #listeners = new Set<(userId: string) => void>();
  /** By the clock of accounts; undefined: nothing read yet. */
  #readUpTo: string | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(
    live: Live,
    private readonly rpc: Rpc,
    private readonly publisher: Publisher,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {
    this.#refresher = new Refresher(() => this.#refresh(), config.REVOCATIONS_REFRESH_MS);
    live.onFact(TokensRevoked, (fact) => (fact ? this.add(fact.data) : this.#refresher.trigger()));
    this.#refresher.start();
  }

  /** @throws ProblemError 503 nothing has been read yet, and REVOCATIONS_REQUIRED is set */
  mustBeKnown(): void {
    if (this.#readUpTo === undefined && this.config.REVOCATIONS_REQUIRED) throw unknown();
  }

  voids(token: TokenMarks): boolean {
    return this.#revoked.has(token);
  }

  add(revocation: Revocation): void {
    this.#revoked.add(revocation);
    for (const listener of this.#listeners) listener(revocation.userId);
  }

  /** Calls the listener with the user whose tokens were revoked. */
  onRevoked(listener: (userId: string) => void): void {
    this.#listeners.add(listener);
  }

  onModuleDestroy(): void {
    this.#refresher.stop();
    clearTimeout(this.#soon);
  }

  async #refresh(): Promise<void> {
    if (!this.publisher.ready) return void (this.#soon = setTimeout(() => this.#refresher.trigger(), NOT_READY_MS));
    this.#revoked.prune();
    try {
      await this.#read();
    } catch (error) {
      // accounts is down: keep the revocations until the next refresh.
      if (!(error instanceof ProblemError)) this.#logger.warn(error);
    }
  }

  async #read(): Promise<void> {
    const since = this.#readUpTo === undefined ? {} : { changedSince: minus(this.#readUpTo, OVERLAP_MS) };
    let [cursor, began]: (string | undefined)[] = [];
    do {
      const from = cursor === undefined ? since : { ...since, cursor };
      const page: Reply<typeof ListRevocations> = await this.rpc.request(ListRevocations, from);
      page.items.forEach((item) => this.add(item));
      began ??= page.at;
      cursor = page.next;
    } while (cursor !== undefined);
    this.#readUpTo = began;
  }
}

const minus = (instant: string, ms: number): string => new Date(Date.parse(instant) - ms).toISOString();

const unknown = (): ProblemError =>
  ProblemError.of(503, 'Service Unavailable', 'It is not known yet which tokens are void.');
