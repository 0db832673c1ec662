// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';

/** A gateway that is frozen answers nobody; its callers try again. Milliseconds. */
const ANSWER_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = { first: 300, most: 3_000 };
/** What means "not now, ask again": 0 is no answer at all. */
const NOT_NOW = new Set([0, 429, 503]);

export const ADDRESS = {
  name: 'Ada Byron',
  street: '12 Analytical Row',
  city: 'London',
  postcode: 'N1 7AA',
  country: 'GB',
};
const CARD = '4242424242424242';

/** @typedef {{ status: number, location?: string, body: any }} Answer status: 0 when there was none */

/** The HTTP API as a patient client uses it: what is refused for now is asked again, with the same key. */
export class Shop {
  /** Until when anybody asks again (ms since the epoch). */
  patientUntil = Infinity;

  /** @param {string} url @param {import('./ledger.js').Ledger} ledger told of every answer that is none, or none of the API's */
  constructor(url, ledger) {
    this.url = url;
    this.ledger = ledger;
  }

  /** @returns {Promise<Answer>} */
  async call(method, path, { token, key, body } = {}) {
    const headers = {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...(key && { 'idempotency-key': key }),
    };
    const answer = await this.#send(method, path, { headers, body: body && JSON.stringify(body) });
    this.#note(method, path, answer);
    return answer;
  }

  #note(method, path, { status }) {
    if (status >= 500 && status !== 503) this.ledger.unexpected(`${method} ${path} answered ${status}`);
    if (method !== 'GET' && NOT_NOW.has(status)) this.ledger.refused++;
  }

  async #send(method, path, request) {
    try {
      const response = await fetch(this.url + path, {
        method,
        ...request,
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const text = await response.text();
      return {
        status: response.status,
        location: response.headers.get('location') ?? undefined,
        body: text === '' ? undefined : JSON.parse(text),
      };
    } catch {
      return { status: 0, body: undefined };
    }
  }

  /**
   * Asks until it is told something.
   * @template T @param {() => Promise<T | undefined>} ask @returns {Promise<T>} @throws Error when the time is up
   */
  async until(ask) {
    for (let wait = ASK_AGAIN_MS.first; ; wait = Math.min(wait * 1.5, ASK_AGAIN_MS.most)) {
      const told = await ask();
      if (told !== undefined) return told;
      if (Date.now() > this.patientUntil) throw new Error('the time is up');
      await sleep(wait);
    }
  }

  /** @returns {Promise<Answer>} the first answer that is one */
  decided(method, path, request) {
    return this.until(async () => {
      const answer = await this.call(method, path, request);
      return NOT_NOW.has(answer.status) || answer.status >= 500 ? undefined : answer;
    });
  }

  /** For what must succeed before there is any fault. @throws Error */
  async expect(status, method, path, request) {
    const answer = await this.decided(method, path, request);
    if (answer.status !== status)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  place(token, { key, lines, coupon }) {
    return this.call('POST', '/orders', { token, key, body: { lines, address: ADDRESS, ...(coupon && { coupon }) } });
  }

  pay = (token, id) => this.call('POST', `/orders/${id}/payment`, { token, body: { card: CARD } });

  cancel = (token, id) => this.call('POST', `/orders/${id}/cancellation`, { token });

  /** Until the door has decided: 202, or 410. */
  claim = (token, saleId) =>
    this.decided('POST', `/flash-sales/${saleId}/claims`, { token, body: { address: ADDRESS } });
}
