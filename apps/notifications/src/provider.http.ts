import { UnavailableError } from '@sluice/messaging';
import { jsonFrom, OutsideService } from '@sluice/service-kit';
import { z } from 'zod';
import type { ProviderMessage, Outcome, Provider } from './provider.js';

const Accepted = z.object({ id: z.string().min(1) });
/** Problem details (RFC 9457), or the fields of other APIs. */
const Explained = z.object({ detail: z.string(), message: z.string(), error: z.string(), title: z.string() }).partial();

/** Statuses that refuse this message for good (RFC 9110): there is no such number, or it cannot be reached. */
const REFUSALS = new Set([400, 404, 410, 422]);
/** Characters that are kept of a reason. */
const MAX_REASON = 200;

/**
 * A provider over HTTP: `POST <url>/messages` with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
 * 2xx with an `id`: the message is accepted. 400, 404, 410, 422: refused for good. Any other reply, or none: the
 * outcome is open.
 */
export class HttpProvider implements Provider {
  readonly #outside: OutsideService;

  /** @param name for operators, such as `sms` @param timeoutMs until the head of the reply has arrived */
  constructor(name: string, url: string, timeoutMs?: number) {
    this.#outside = new OutsideService(name, url, timeoutMs);
  }

  async send({ id, to, text }: ProviderMessage): Promise<Outcome> {
    const response = await this.#outside.send({ method: 'POST', path: 'messages', key: id, body: { to, text } });
    if (REFUSALS.has(response.status)) return { status: 'refused', reason: await reasonOf(response) };
    if (!response.ok) throw await this.#unexpected(response);
    return { status: 'sent', providerReference: await this.#referenceOf(response) };
  }

  async #referenceOf(response: Response): Promise<string> {
    try {
      return Accepted.parse(await jsonFrom(response)).id;
    } catch (cause) {
      throw new UnavailableError(
        `the ${this.#outside.name} answered ${response.status} without the id of the message`,
        {
          dependency: this.#outside.name,
          mayBePoison: true,
          cause,
        },
      );
    }
  }

  /** Cancels the body: an unread long page would occupy its connection. */
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
