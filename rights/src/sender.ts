import { randomUUID } from 'node:crypto';
import type { Options } from 'amqplib';
import { sendersOf, type Contract, type Topology } from '@sluice/contracts';
import type { MessageAttempts } from './message-attempts.js';
import type { User } from './user.js';

export interface Context {
  readonly map: Topology;
  /** The one retry tier. Milliseconds. */
  readonly tierMs: number;
  /** Of the names of all users. */
  readonly prefix: string;
  readonly attempts: MessageAttempts;
}

interface Route {
  readonly exchange: string;
  readonly key: string;
  /** Properties other than those of a convincing message. */
  readonly more?: Options.Publish;
  /** The broker's decision depends on this alone, and is awaited once; undefined: on the whole message. */
  readonly once?: string;
  /** It is what the user is there for. */
  readonly must?: boolean;
}

/** Publishes messages of one user, each under an id of its own. */
export class Sender {
  /** By `once`. */
  readonly #refusals = new Map<string, string | undefined>();
  readonly #unconfirmed: Promise<void>[] = [];

  constructor(
    readonly user: User,
    readonly context: Context,
  ) {}

  isSenderOf(contract: Contract): boolean {
    return sendersOf(contract.type)?.has(this.user.name) ?? false;
  }

  async send(contract: Contract, way: string, route: Route): Promise<void> {
    const id = this.#add(contract, way, route.must);
    const refusal = await this.#publish(route, { ...this.#convincing(contract, route.more), messageId: id });
    if (refusal !== undefined) this.context.attempts.refused(id, refusal);
  }

  /** Adds a message that could not be sent. */
  refused(contract: Contract, way: string, refusal: string): void {
    this.context.attempts.refused(this.#add(contract, way), refusal);
  }

  async confirmed(): Promise<void> {
    await Promise.all(this.#unconfirmed);
  }

  #add({ type }: Contract, way: string, must?: boolean): string {
    const id = randomUUID();
    this.context.attempts.add(id, { user: this.user.name, type, way, must });
    return id;
  }

  async #publish({ exchange, key, once }: Route, properties: Options.Publish): Promise<string | undefined> {
    if (once === undefined) return this.user.publish(exchange, key, properties);
    if (!this.#refusals.has(once)) this.#refusals.set(once, await this.user.publish(exchange, key, properties));
    else if (this.#refusals.get(once) === undefined)
      this.#unconfirmed.push(this.user.publishAllowed(exchange, key, properties));
    return this.#refusals.get(once);
  }

  /** As a message that its owner sent, that failed, and was published again. */
  #convincing({ type, kind, version }: Contract, more: Options.Publish = {}): Options.Publish {
    const { prefix } = this.context;
    const [owner] = sendersOf(type) ?? [];
    const headers = {
      version,
      time: new Date().toISOString(),
      'correlation-id': 'rights',
      'sent-by': `${prefix}${owner}`,
      ...(kind === 'delivery' && { channel: type.replace('delivery.', '') }),
      ...more.headers,
    };
    return {
      type,
      ...(owner !== undefined && { appId: owner }),
      userId: `${prefix}${this.user.name}`,
      ...more,
      headers,
    };
  }
}
