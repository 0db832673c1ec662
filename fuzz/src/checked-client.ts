import { curlCommand } from './curl.js';
import type { HttpClient, HttpResponse } from './http-client.js';
import type { Report } from './report.js';
import type { FuzzRequest } from './request.js';
import { faultsOf } from './response-checks.js';
import type { Shop } from './shop.js';

/** Sends requests to one gateway, checks the responses, and records both in the report. */
export class CheckedClient {
  constructor(
    readonly http: HttpClient,
    readonly shop: Shop,
    readonly report: Report,
    private readonly seed: number,
  ) {}

  /** The same for another gateway of the shop. */
  over(http: HttpClient): CheckedClient {
    return new CheckedClient(http, this.shop, this.report, this.seed);
  }

  async send(request: FuzzRequest): Promise<HttpResponse> {
    const { document, resources, callers } = this.shop;
    const { operation, parameters = {}, caller } = request;
    const response = await this.http.send(request);
    this.report.record(request, response);
    for (const what of faultsOf(request, response, document)) this.fault(request, what);
    if (response.status >= 200 && response.status < 300) resources.record(operation, parameters, caller, response.json);
    if (caller === 'leaver' && response.status < 300) await callers.renewLeaver();
    return response;
  }

  fault(request: FuzzRequest, what: string): void {
    const how = [request.kind, request.how].filter(Boolean).join(', ');
    this.report.addFault(request.operation.key, {
      what: `${what} [${how}; ${request.caller}]`,
      repeat: `seed ${this.seed}, request ${request.n}: ${curlCommand(this.http.base, request)}`,
    });
  }
}

/**
 * Runs tasks, some at a time, until there are no more or the time is up.
 * @param until ms since the epoch
 */
export async function concurrently(
  tasks: Iterable<() => Promise<unknown>>,
  { atOnce, until = Infinity }: { atOnce: number; until?: number },
): Promise<void> {
  const left = tasks[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = left.next(); !next.done && Date.now() < until; next = left.next()) await next.value();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
