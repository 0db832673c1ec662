import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { ListRevocations, TokensRevoked, type Reply, type Revocation } from '@sluice/contracts';
import { ProblemError, Publisher } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { GatewayConfig } from '../config.js';
import { Refresher } from '../live/refresher.js';
import { Live } from '../live/live.js';
import { Rpc } from '../rpc.js';
import { RevokedTokens, type TokenMarks } from './revoked-tokens.js';

/** The connection that asks may come a moment after the one that listens. Milliseconds. */
const NOT_READY_MS = 100;

/** What accounts committed so long before it was asked may not have been seen by it then. Milliseconds. */
const OVERLAP_MS = 30_000;

/**
 * Which tokens are void before their end, as this gateway knows it: told of each, and asking for what has changed every
 * so often, since it may have missed one. Before accounts has answered once, none are known (docs/decisions/0025).
 */
@Injectable()
export class Revocations implements OnModuleDestroy {
  readonly #logger = new Logger('revocations');
  readonly #revoked = new RevokedTokens();
  readonly #refresher: Refresher;
  readonly #listeners = new Set<(userId: string) => void>();
  /** By the clock of accounts; undefined: everything has to be read. */
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

  /** @throws ProblemError 503 nothing is known yet, and REVOCATIONS_REQUIRED says that this is not enough */
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

  /** Called with the user of whom tokens are void from now on. */
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
      // Accounts is away. What was known is better than nothing, and the next time is soon.
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
