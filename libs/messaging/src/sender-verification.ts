import { sendersOf } from '@sluice/contracts';
import { ROUTES, type Delivery } from './codec.js';
import { SenderError } from './errors.js';

/** To this exchange administrators alone may write. Each queue is bound to it by its own name. */
export const OPERATOR = 'shop.operator';
/** Of a message that is published again: the user that sent it first. Empty: it had none. */
export const SENT_BY = 'sent-by';

export interface SenderVerificationOptions {
  /** AMQP, with the user that the broker knows this process by. */
  url: string;
  /** The service that this process is. */
  service: string;
  /** Messages without a `user-id` are accepted: from before there was one, or from replicas that set none yet. */
  acceptAnonymous?: boolean | undefined;
}

/** `anonymous`: accepted for now, although nobody is named as its sender. */
export type Verdict = 'proven' | 'anonymous';

/**
 * Who may have sent a message. The broker refuses a publish whose property `user-id` is not the user of its connection
 * (https://www.rabbitmq.com/docs/validated-user-id), so the property is proof, whatever way the message came.
 *
 * Services have users of their own, called like them (with a prefix that all have in common, where one broker serves
 * several systems). With one user for all there is nothing to prove, and nothing is checked.
 */
export class SenderVerification {
  /** The user to be named in what this process publishes; undefined: the services share one. */
  readonly user: string | undefined;
  /** What it publishes again goes straight into its own queues. */
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
   * The user that first sent the message; undefined when none is named. What was published again, after a failure or
   * by an operator, names it in a header: believed of this service's own user, who could deceive nobody else, and of
   * administrators.
   */
  senderOf({ properties, fields }: Delivery): string | undefined {
    const { userId, headers } = properties;
    const first = headers?.[SENT_BY];
    if (typeof first === 'string' && this.#isPublishedAgain({ properties, fields })) return first || undefined;
    return typeof userId === 'string' && userId !== '' ? userId : undefined;
  }

  /** For a copy of the message that this process publishes. */
  headersFor(delivery: Delivery): Record<string, string> {
    return this.user === undefined ? {} : { [SENT_BY]: this.senderOf(delivery) ?? '' };
  }

  /** @throws SenderError when the message may not be handled: its sender may not send such a one, or not in this way */
  check(delivery: Delivery, { type, kind }: { type: string; kind: keyof typeof ROUTES }): Verdict {
    if (this.user === undefined) return 'proven';
    const allowed = sendersOf(type);
    const sender = this.senderOf(delivery);
    if (sender === undefined && allowed) return this.#anonymous(type);
    if (sender !== undefined && allowed && !this.#isOneOf(allowed, sender))
      throw new SenderError(`the broker's user ${sender} may not send ${type}`, 'sender');
    if (!this.#isPublishedAgain(delivery) && !cameThroughItsExchange(delivery, type, kind))
      throw new SenderError(`${type} came by ${routeOf(delivery)}, by which none comes`, 'way');
    return 'proven';
  }

  /** Of an answer. */
  isOwner(owner: string, userId: unknown): boolean {
    if (this.user === undefined || userId === `${this.#prefix}${owner}`) return true;
    return this.#acceptAnonymous && userId === undefined;
  }

  #anonymous(type: string): Verdict {
    if (this.#acceptAnonymous) return 'anonymous';
    throw new SenderError(
      `nobody is named as the sender of ${type}. ` +
        'If it is from before senders were named: ANONYMOUS_MESSAGES=accepted, then redrive it',
      'anonymous',
    );
  }

  #isPublishedAgain({ properties: { userId }, fields }: Pick<Delivery, 'properties' | 'fields'>): boolean {
    return userId === this.user || fields.exchange === OPERATOR;
  }

  #isOneOf(services: ReadonlySet<string>, user: string): boolean {
    return user.startsWith(this.#prefix) && services.has(user.slice(this.#prefix.length));
  }
}

/**
 * A timer comes by the exchange of its kind as well, out of the queue in which it waited. The key of deliveries is
 * empty.
 */
const cameThroughItsExchange = (
  { fields: { exchange, routingKey } }: Delivery,
  type: string,
  kind: keyof typeof ROUTES,
): boolean => exchange === ROUTES[kind].exchange && (kind === 'delivery' || routingKey === type);

const routeOf = ({ fields: { exchange, routingKey } }: Delivery): string =>
  `${exchange || 'the default exchange'} under the key ${JSON.stringify(routingKey)}`;
