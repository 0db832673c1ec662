import { system, type Contract } from '@sluice/contracts/kit';
import type { Delivery } from './codec.js';
import { SenderError } from './errors.js';

/** Header of a republished message: the user that sent it first. Empty: it had none. */
export const SENT_BY = 'sent-by';

export interface SenderVerificationOptions {
  /** AMQP address with the user of this process. */
  url: string;
  /** The service that this process runs. */
  service: string;
  /** Accept messages without a `user-id`: sent before senders were named, or by replicas that do not set it yet. */
  acceptAnonymous?: boolean | undefined;
}

/** `anonymous`: accepted for now although the message names no sender. */
export type Verdict = 'proven' | 'anonymous';

/**
 * Verifies the senders of messages. The broker refuses a publish whose property `user-id` is not the user of its
 * connection (https://www.rabbitmq.com/docs/validated-user-id), so the property is proof on every route.
 *
 * Each service has its own user with the service's name (with a common prefix where one broker serves several
 * systems). When all services share one user, nothing can be proven and nothing is checked.
 */
export class SenderVerification {
  /** User to set as `user-id` in published messages; undefined when the services share one. */
  readonly user: string | undefined;
  /** Exchange for redriven messages: the default exchange, directly into the service's own queues. */
  readonly exchange = '';
  readonly #prefix: string = '';
  readonly #acceptAnonymous: boolean;

  constructor({ url, service, acceptAnonymous = false }: SenderVerificationOptions) {
    const user = decodeURIComponent(new URL(url).username);
    this.#acceptAnonymous = acceptAnonymous;
    if (user !== service && !user.endsWith(`.${service}`)) return;
    this.user = user;
    this.#prefix = user.slice(0, -service.length);
  }

  /**
   * The user that first sent the message; undefined when it names none. A republished message (after a failure, or
   * redriven by an operator) names it in a header. The header is trusted only from this service's own user, which
   * could deceive no other service, and from administrators.
   */
  senderOf({ properties, fields }: Delivery): string | undefined {
    const { userId, headers } = properties;
    const first = headers?.[SENT_BY];
    if (typeof first === 'string' && this.#isPublishedAgain({ properties, fields })) return first || undefined;
    return typeof userId === 'string' && userId !== '' ? userId : undefined;
  }

  /** Headers for a copy of the message that this process publishes. */
  headersFor(delivery: Delivery): Record<string, string> {
    return this.user === undefined ? {} : { [SENT_BY]: this.senderOf(delivery) ?? '' };
  }

  /**
   * @throws SenderError when the message must not be handled: its sender may not send this type, or not by this route
   */
  check(delivery: Delivery, { type, kind }: { type: string; kind: Contract['kind'] }): Verdict {
    if (this.user === undefined || (kind === 'query' && isAdministrators(delivery))) return 'proven';
    const allowed = system().sendersOf(type);
    const sender = this.senderOf(delivery);
    if (sender === undefined && allowed) return this.#anonymous(type);
    if (sender !== undefined && allowed && !this.#isOneOf(allowed, sender))
      throw new SenderError(`the broker's user ${sender} may not send ${type}`, 'sender');
    if (!this.#isPublishedAgain(delivery) && !cameThroughItsExchange(delivery, type, kind))
      throw new SenderError(`${type} came by ${routeOf(delivery)}, which is not its route`, 'way');
    return 'proven';
  }

  /**
   * Checks an event that all services may send: each may speak about itself only.
   * @throws SenderError
   */
  checkSpeaker(delivery: Delivery, { type, data }: { type: string; data: unknown }): void {
    const { service } = data as { service?: unknown };
    const sender = this.senderOf(delivery);
    if (this.user === undefined || sender === undefined || sender === `${this.#prefix}${String(service)}`) return;
    throw new SenderError(`the broker's user ${sender} sent ${type} of ${String(service)}`, 'sender');
  }

  /** Whether the user may send this owner's replies. */
  isOwner(owner: string, userId: unknown): boolean {
    if (this.user === undefined || userId === `${this.#prefix}${owner}`) return true;
    return this.#acceptAnonymous && userId === undefined;
  }

  #anonymous(type: string): Verdict {
    if (this.#acceptAnonymous) return 'anonymous';
    throw new SenderError(
      `no user is named as the sender of ${type}. ` +
        'If it is from before senders were named: ANONYMOUS_MESSAGES=accepted, then redrive it',
      'anonymous',
    );
  }

  #isPublishedAgain({ properties: { userId }, fields }: Pick<Delivery, 'properties' | 'fields'>): boolean {
    return userId === this.user || fields.exchange === system().exchanges.operator;
  }

  #isOneOf(services: ReadonlySet<string>, user: string): boolean {
    return user.startsWith(this.#prefix) && services.has(user.slice(this.#prefix.length));
  }
}

/**
 * Whether an administrator sent this message: only administrators may publish to that exchange, and what they republish
 * for others has the header with its first sender.
 */
const isAdministrators = ({ properties: { headers }, fields: { exchange } }: Delivery): boolean =>
  exchange === system().exchanges.operator && headers?.[SENT_BY] === undefined;

/**
 * Timers also arrive through the exchange of their kind, dead-lettered from their delay queue. Deliveries have an
 * empty routing key.
 */
const cameThroughItsExchange = (
  { fields: { exchange, routingKey } }: Delivery,
  type: string,
  kind: Contract['kind'],
): boolean => exchange === system().exchanges.of(kind) && (kind === 'delivery' || routingKey === type);

const routeOf = ({ fields: { exchange, routingKey } }: Delivery): string =>
  `${exchange || 'the default exchange'} under the key ${JSON.stringify(routingKey)}`;
