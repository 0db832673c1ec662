import { ProblemError } from '@sluice/messaging';
import { jsonFrom } from '@sluice/service-kit';
import { z } from 'zod';
import type { CardVault } from './card-vault.js';

/** Timeout of one exchange, as short as that of a reply because the caller waits. Milliseconds. */
const TIMEOUT_MS = 3_000;

const Answer = z.object({ token: z.string().min(1).max(200) });

/** `POST <CARD_GATEWAY_URL>/tokens {card}`: `201 {token}`, or `422` for a number that cannot be a card. */
export class HttpCardVault implements CardVault {
  constructor(private readonly url: string) {}

  async exchange(card: string): Promise<string> {
    const response = await this.post(card);
    // Read the body of every response: an unread one, such as a long error page, would keep its connection busy.
    const body = response && (await jsonFrom(response).catch(() => undefined));
    if (response?.status === 422)
      throw ProblemError.of(422, 'Unknown card', 'The card gateway does not know this number.');
    const answer = response?.ok ? Answer.safeParse(body) : undefined;
    if (!answer?.success)
      throw ProblemError.of(503, 'Card gateway unavailable', 'The card was not charged. Please try again.');
    return answer.data.token;
  }

  private async post(card: string): Promise<Response | undefined> {
    const body = JSON.stringify({ card });
    return fetch(new URL('tokens', this.url.endsWith('/') ? this.url : `${this.url}/`), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => undefined);
  }
}
