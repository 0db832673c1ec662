import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { ServicePulse, type Data } from '@sluice/contracts/kit';
import type { Channel } from 'amqplib';
import { encode } from './codec.js';
import { SideChannel } from './side-channel.js';

export interface PulseChannelOptions {
  open: () => Promise<Channel>;
  /** The service that pulses. */
  source: string;
  /** User of the connection, when it is to be named as the sender. */
  user: string | undefined;
}

/** Pause after the broker has closed the channel, most likely because the user may not publish pulses. Milliseconds. */
const AFTER_REFUSAL_MS = 60_000;

/**
 * Publishes pulses on a channel of their own: without confirms, since a lost one is replaced a second later, and apart
 * from other messages, whose channel a refusal would close.
 */
export class PulseChannel {
  readonly #logger = new Logger('pulse');
  readonly #channel: SideChannel;
  #notBefore = 0;

  constructor(private readonly options: PulseChannelOptions) {
    this.#channel = new SideChannel(() => this.#open());
  }

  /** Sends nothing without a connection. */
  async send(pulse: Data<typeof ServicePulse>): Promise<void> {
    if (performance.now() < this.#notBefore) return;
    const channel = await this.#channel.get().catch(() => undefined);
    if (!channel) return;
    const { source, user } = this.options;
    const about = { id: randomUUID(), time: new Date().toISOString(), correlationId: pulse.instance, source };
    const { exchange, routingKey, properties, body } = encode(ServicePulse(pulse), about);
    channel.publish(exchange, routingKey, Buffer.from(body), { ...properties, userId: user });
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  async #open(): Promise<Channel> {
    const channel = await this.options.open();
    return channel.on('error', (error: Error) => this.#refused(error));
  }

  #refused({ message }: Error): void {
    this.#notBefore = performance.now() + AFTER_REFUSAL_MS;
    this.#logger.warn(
      `the broker takes no pulse of this process, which the control room then does not see: ${message}`,
    );
  }
}
