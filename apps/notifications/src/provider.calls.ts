import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EmailDelivery, Message, SmsDelivery } from '@sluice/contracts';
import { CONFIG } from '@sluice/service-kit';
import { Pool } from 'pg';
import { deliveryKeys, isExpired, record, type DeliveryMessage, type Ending } from './delivery.js';
import { DeliveryQueries } from './delivery.queries.js';
import { NotificationRepository } from './notification.repository.js';
import { postponeResend } from './overdue.sweep.js';
import type { Decision, State } from './tables.js';
import { EMAIL_PROVIDER, type ProviderMessage, type Outcome, type Provider, SMS_PROVIDER } from './provider.js';

/** Outcome of a code that has expired. */
const TOO_LATE = { status: 'expired', reason: 'it had expired before it could be sent' } as const;

/** A channel with a provider. */
type Outside = 'sms' | 'email';

/** The fields of all deliveries that a provider is called for. */
interface Sendable {
  id: string;
  text: string;
  until?: string | undefined;
  subject?: string | undefined;
}

/** Settings for the delay between a failed try and the next. */
interface Tiers {
  RETRY_TIERS_MS: readonly number[];
  OUTSIDE_TIERS_MS: readonly number[];
}

/**
 * Sends messages to people: a provider is called between the commit of the decision and the commit of the outcome.
 * A crash in between repeats the call, with the delivery's id as its idempotency key.
 */
@Injectable()
export class ProviderCalls {
  readonly #logger = new Logger('ProviderCalls');
  readonly #longestTierMs: number;

  constructor(
    private readonly notifications: NotificationRepository,
    private readonly deliveries: DeliveryQueries,
    private readonly pool: Pool,
    @Inject(SMS_PROVIDER) private readonly sms: Provider,
    @Inject(EMAIL_PROVIDER) private readonly email: Provider,
    @Inject(CONFIG) { RETRY_TIERS_MS, OUTSIDE_TIERS_MS }: Tiers,
  ) {
    this.#longestTierMs = Math.max(...RETRY_TIERS_MS, ...OUTSIDE_TIERS_MS);
  }

  sendSms(message: Message<typeof SmsDelivery>): Promise<void> {
    return this.#send(message, 'sms', this.sms, message.data.phone);
  }

  sendEmail(message: Message<typeof EmailDelivery>): Promise<void> {
    return this.#send(message, 'email', this.email, message.data.address);
  }

  async #send(message: DeliveryMessage, channel: Outside, provider: Provider, to: string): Promise<void> {
    const { id, text, until, subject }: Sendable = message.data;
    if (await this.deliveries.hasOutcome(id)) return;
    if (until !== undefined && isExpired(until, await this.deliveries.now())) {
      return this.#record(message, channel, TOO_LATE);
    }
    const outcome = await this.#try(provider, {
      ...{ id, to, text },
      ...(subject !== undefined && { subject }),
    });
    if (outcome.status === 'refused') this.#logger.warn(`${channel} ${id} is refused for good: ${outcome.reason}`);
    await this.#record(message, channel, outcome);
  }

  /** Throws the error of the try, even if the try could not be recorded. */
  async #try(provider: Provider, message: ProviderMessage): Promise<Outcome> {
    try {
      return await provider.send(message);
    } catch (error) {
      await postponeResend(this.pool, message.id, this.#longestTierMs).catch(() => undefined);
      throw error;
    }
  }

  async #record(message: DeliveryMessage, channel: Outside, outcome: Ending): Promise<void> {
    const decide = (state: State, now: Date): Decision => record(state, message, channel, outcome, now);
    await this.notifications.change(message, deliveryKeys(message.data), decide, { mayWait: true });
  }
}
