import { UnavailableError } from '@sluice/messaging';
import { jsonFrom, OutsideService } from '@sluice/service-kit';
import { z } from 'zod';
import type { Letter, Outcome, Provider } from './provider.js';

const Accepted = z.object({ id: z.string().min(1) });
/** Problem details (RFC 9457), or what many APIs have instead. */
const Explained = z.object({ detail: z.string(), message: z.string(), error: z.string(), title: z.string() }).partial();

/** Statuses that are about this letter, and will be the same tomorrow (RFC 9110): no such number, or none that can be reached. */
const REFUSALS = new Set([400, 404, 410, 422]);
/** Enough to tell why. */
const MAX_REASON = 200;

/**
 * A provider over HTTP: `POST <url>/messages` with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
 * 2xx with an `id` has taken the message; 400, 404, 410 and 422 refuse it for good; anything else, and silence, says nothing about it.
 */
export class HttpProvider implements Provider {
  readonly #outside: OutsideService;

  /** @param name as operators read it: `sms` @param timeoutMs until the head of the answer is there */
  constructor(name: string, url: string, timeoutMs?: number) {
    this.#outside = new OutsideService(name, url, timeoutMs);
  }

  async send({ id, to, text }: Letter): Promise<Outcome> {
    const response = await this.#outside.send({ method: 'POST', path: 'messages', key: id, body: { to, text } });
    if (REFUSALS.has(response.status)) return { status: 'refused', reason: await reasonOf(response) };
    if (!response.ok) throw await this.#unexpected(response);
    return { status: 'sent', providerReference: await this.#referenceOf(response) };
  }

  async #referenceOf(response: Response): Promise<string> {
    try {
      return Accepted.parse(await jsonFrom(response)).id;
    } catch (cause) {
      throw new UnavailableError(`the ${this.#outside.name} answered ${response.status}, and not what it has taken`, {
        dependency: this.#outside.name,
        mayBePoison: true,
        cause,
      });
    }
  }

  /** Unread, a long page would keep its connection. */
  async #unexpected({ status, body }: Response): Promise<UnavailableError> {
    await body?.cancel();
    return new UnavailableError(`the ${this.#outside.name} answered ${status}`, {
      dependency: this.#outside.name,
      mayBePoison: true,
    });
  }
}

async function reasonOf(response: Response): Promise<string> {
  const { detail, message, error, title } = await jsonFrom(response)
    .then((json) => Explained.parse(json))
    .catch((): z.output<typeof Explained> => ({}));
  const why = detail ?? message ?? error ?? title;
  return why === undefined ? `${response.status}` : `${response.status}: ${why}`.slice(0, MAX_REASON);
}
