import { ShopClient, type Answer, type ShopRequest } from '@sluice/stack/shop-client';
import { until } from '@sluice/stack/until';
import type { Ledger } from './ledger.js';
import { brokenPromise, reasonOf } from './promises.js';

/** 0: no answer. A gateway that is frozen sends none before the client's deadline. */
const TRY_AGAIN = new Set([0, 429, 503]);
const PAUSE_MS = { everyMs: 300, growth: 1.5, longestMs: 3_000 };

/** The shop as a persistent client uses it: what is refused for now is requested again, with the same key. */
export class RetryingShop extends ShopClient {
  /** Nothing is repeated after that (ms since the epoch). */
  retryUntil = Infinity;

  /**
   * @param ledger counts every answer that is missing, or that the API does not document
   * @param nothingFails an answer that is missing is then unexpected too, and a refusal without Retry-After
   */
  constructor(
    url: string,
    private readonly ledger: Ledger,
    private readonly nothingFails = false,
  ) {
    super(url);
  }

  /** Never throws: status 0 stands for no answer. */
  override async call<T>(method: string, path: string, request?: ShopRequest): Promise<Answer<T>> {
    const answer = await super
      .call<T>(method, path, request)
      .catch((error: unknown) => noAnswer<T>(`${method} ${path}${this.nothingFails ? ` (${reasonOf(error)})` : ''}`));
    const { status } = answer;
    const broken = brokenPromise(answer);
    if (broken && (this.nothingFails || (status >= 500 && status !== 503))) this.ledger.addUnexpected(broken);
    this.ledger.countAnswer(status);
    if (method !== 'GET' && TRY_AGAIN.has(status)) this.ledger.refused++;
    return answer;
  }

  /** Repeats a probe until it returns something other than `undefined`. @throws Error when the time is up */
  async until<T>(probe: () => Promise<T | undefined>): Promise<T> {
    const attempt = async (): Promise<T | undefined> => {
      const result = await probe();
      if (result === undefined && Date.now() > this.retryUntil) throw new Error('the time is up');
      return result;
    };
    return (await until(attempt, { withinMs: Infinity, ...PAUSE_MS })) as T;
  }

  /** Repeats a request until it is answered. */
  answered<T>(request: () => Promise<Answer<T>>): Promise<Answer<T>> {
    return this.until(async () => {
      const answer = await request();
      return TRY_AGAIN.has(answer.status) || answer.status >= 500 ? undefined : answer;
    });
  }

  override async expect<T>(status: number, ...request: Parameters<ShopClient['call']>): Promise<T> {
    const answer = await this.answered(() => this.call<T>(...request));
    if (answer.status === status) return answer.body;
    throw new Error(`${answer.request} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
}

const noAnswer = <T>(request: string): Answer<T> => ({
  request,
  status: 0,
  headers: new Headers(),
  body: undefined as T,
});
