import { Inject, Injectable } from '@nestjs/common';
import { Id, type Contract } from '@sluice/contracts';
import { correlationId, DatabaseClock } from '@sluice/http-kit';
import { MessageClient, ProblemError, PublishError, RequestTimeoutError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { z } from 'zod';
import type { GatewayConfig } from './config.js';

/** Confirmed by the broker, no reply before the deadline. The request will still be processed. */
export const PENDING: unique symbol = Symbol('pending');

/** Body of the 202 that follows from `PENDING`: the id under which the result will be found. */
export const Accepted = z.object({ id: Id, status: z.literal('accepted') });
export type Accepted = z.output<typeof Accepted>;

/** Sends requests to the services, with the deadline of an HTTP caller. */
@Injectable()
export class Rpc {
  constructor(
    private readonly client: MessageClient,
    private readonly clock: DatabaseClock,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * @param timeoutMs how long the caller waits
   * @throws ProblemError the service's own, or 503 without a reply in time; repeating the request is safe
   */
  async request<S extends z.ZodType, R extends z.ZodType>(
    contract: Contract<S, R>,
    data: z.input<S>,
    timeoutMs = this.config.REPLY_TIMEOUT_MS,
  ): Promise<z.output<R>> {
    const answer = await this.requestOrPending(contract, data, timeoutMs);
    if (answer === PENDING) throw unavailable('The service did not answer in time.');
    return answer;
  }

  /** The `acceptedAt` of a request accepted now; undefined before the databases' clock has been estimated. */
  acceptedNow(): string | undefined {
    return this.clock.now();
  }

  /**
   * @param acceptedAt when the HTTP request arrived, if something slow happened since
   * @throws ProblemError the service's own, or 503 when the broker did not accept the request
   */
  async requestOrPending<S extends z.ZodType, R extends z.ZodType>(
    contract: Contract<S, R>,
    data: z.input<S>,
    timeoutMs = this.config.REPLY_TIMEOUT_MS,
    acceptedAt = this.acceptedNow(),
  ): Promise<z.output<R> | typeof PENDING> {
    const id = correlationId();
    try {
      return await this.client.request(contract, data, {
        deadlineMs: timeoutMs,
        acceptedAt,
        ...(id !== undefined && { correlationId: id }),
      });
    } catch (error) {
      if (error instanceof RequestTimeoutError) return PENDING;
      if (error instanceof PublishError) throw unavailable('The request was not accepted. Please try again.');
      throw error;
    }
  }
}

const unavailable = (detail: string): ProblemError => ProblemError.of(503, 'Service Unavailable', detail);
