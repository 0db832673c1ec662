import type { Sale } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { isHidden } from './sale-state.js';

/**
 * Cache size, under a megabyte. Sales that close first are evicted first; an evicted sale is requested when a claim
 * needs it.
 */
const MAX_SALES = 1_000;

/** Latest version of each visible sale. */
export class SaleCache {
  readonly #sales = new Map<string, Sale>();

  constructor(private readonly max = MAX_SALES) {}

  get(id: string): Sale | undefined {
    return this.#sales.get(id);
  }

  /** Sorted by opening time, latest first. */
  all(): Sale[] {
    return [...this.#sales.values()].sort((one, other) => Date.parse(other.opensAt) - Date.parse(one.opensAt));
  }

  /** Versions arrive in any order: only a newer one replaces the cached one. @returns whether this one does */
  put(sale: Sale): boolean {
    if (isHidden(sale) || sale.version <= (this.#sales.get(sale.id)?.version ?? -1)) return false;
    this.#sales.set(sale.id, sale);
    if (this.#sales.size > this.max) this.#evictOne();
    return true;
  }

  #evictOne(): void {
    const closesFirst = [...this.#sales.values()].reduce((first, sale) =>
      Date.parse(sale.closesAt) < Date.parse(first.closesAt) ? sale : first,
    );
    this.#sales.delete(closesFirst.id);
  }
}

/** Timeout of a lookup: shorter than that of other requests, because a claim waits for it. Milliseconds. */
const TIMEOUT_MS = 1_000;
/** How long a negative result is cached. A sale created meanwhile arrives as a fact. Milliseconds. */
const CACHED_MS = 5_000;
const MAX_ANSWERS = 10_000;
/**
 * Lookups of different ids at a time. While flash-sale replies, that is thousands per second. While it does not, each
 * lookup ends after its timeout, and made-up ids cannot fill the claim queue.
 */
const MAX_REQUESTS = 20;

/** Undefined: no reply. */
type Answer = { sale: Sale } | 'none' | undefined;

/** Looks up sales that are not cached: concurrent claims on one id share one request. */
export class SaleLookup {
  readonly #requests = new Map<string, Promise<Answer>>();
  /** Negative results, oldest first. */
  readonly #answers = new Map<string, { answer: 'none' | undefined; until: number }>();

  /** @param read throws ProblemError 404 when there is no such sale, another error when there is no reply */
  constructor(
    private readonly read: (id: string, timeoutMs: number) => Promise<Sale>,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Undefined: no reply. @throws ProblemError 404 no such sale; 503 too many other lookups are under way */
  async find(id: string): Promise<Sale | undefined> {
    const answer = this.#isCached(id)
      ? this.#answers.get(id)!.answer
      : await (this.#requests.get(id) ?? this.#request(id));
    if (answer === 'none') throw ProblemError.of(404, 'Not found', 'There is no such sale.');
    return answer?.sale;
  }

  #isCached(id: string): boolean {
    return (this.#answers.get(id)?.until ?? 0) > this.clock();
  }

  async #request(id: string): Promise<Answer> {
    if (this.#requests.size >= MAX_REQUESTS) throw ProblemError.of(503, 'Service Unavailable', 'Please ask again.');
    const request = this.read(id, TIMEOUT_MS).then((sale): Answer => ({ sale }), refusal);
    this.#requests.set(id, request);
    const answer = await request;
    this.#requests.delete(id);
    if (answer === 'none' || answer === undefined) this.#keep(id, answer);
    return answer;
  }

  #keep(id: string, answer: 'none' | undefined): void {
    this.#answers.delete(id);
    this.#answers.set(id, { answer, until: this.clock() + CACHED_MS });
    if (this.#answers.size > MAX_ANSWERS) this.#answers.delete(this.#answers.keys().next().value!);
  }
}

const refusal = (error: unknown): Answer =>
  error instanceof ProblemError && error.problem.status === 404 ? 'none' : undefined;
