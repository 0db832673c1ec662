import { once } from 'node:events';
import {
  Agent,
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Instance } from '@sluice/testing';

/** Interval of readiness checks of each gateway. Milliseconds. */
export const CHECKED_EVERY_MS = 200;

export interface Balancer {
  url: string;
  /**
   * Requests that a gateway refused, broke off or did not answer: the faults that a client of a single gateway would
   * see.
   */
  faults: string[];
  close(): Promise<void>;
}

/**
 * Load balancer before several gateways: forwards to the ready ones in turn, over connections that it keeps. It does
 * not retry a request, because a retry would hide faults. Resolves when each gateway was checked once: a request before
 * that would find none ready.
 */
export async function balance(gateways: readonly Instance[]): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true });
  const faults: string[] = [];
  let ready = await readyOf(gateways);
  let next = 0;
  const server = createServer((incoming, response) => {
    const gateway = ready[next++ % ready.length];
    const onFault = (what: string) => {
      faults.push(`${incoming.method} ${incoming.url}: ${what}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ fault: what }));
    };
    if (gateway) forward(incoming, response, { gateway, agent, onFault });
    else onFault('no gateway is ready');
  });
  const checking = new AbortController();
  const checks = check(gateways, checking.signal, (found) => (ready = found));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    close: async () => {
      checking.abort();
      await checks;
      server.close().closeAllConnections();
      agent.destroy();
    },
  };
}

async function check(
  gateways: readonly Instance[],
  signal: AbortSignal,
  onChecked: (ready: Instance[]) => void,
): Promise<void> {
  while (!signal.aborted) {
    await pause(CHECKED_EVERY_MS);
    onChecked(await readyOf(gateways));
  }
}

async function readyOf(gateways: readonly Instance[]): Promise<Instance[]> {
  const answers = await Promise.all(gateways.map((gateway) => gateway.readiness()));
  return gateways.filter((_, index) => answers[index] === 200);
}

interface Forwarding {
  gateway: Instance;
  agent: Agent;
  onFault: (what: string) => void;
}

function forward(incoming: IncomingMessage, response: ServerResponse, { gateway, agent, onFault }: Forwarding): void {
  // A closed response means that its client has disconnected: no fault of the gateway.
  const failed = (error: Error & { code?: string }) => !response.closed && onFault(error.code ?? error.message);
  const out = request(
    gateway.url + incoming.url,
    { agent, method: incoming.method, headers: withoutHops(incoming.headers) },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, withoutHops(answer.headers));
      answer.on('error', failed).pipe(response);
    },
  );
  out.on('error', failed);
  response.once('close', () => out.destroy());
  incoming.pipe(out);
}

/** Hop-by-hop headers concern one connection and are not forwarded (RFC 9110, section 7.6.1). */
const withoutHops = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOPS.includes(name)));
const HOPS = ['connection', 'keep-alive', 'transfer-encoding'];
