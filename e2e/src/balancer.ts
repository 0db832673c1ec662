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

/** How often each gateway is asked whether it is ready. Milliseconds. */
export const CHECKED_EVERY_MS = 200;

export interface Balancer {
  url: string;
  /** Requests that a gateway refused, cut or left without an answer: what a client of a bare gateway would have seen. */
  faults: string[];
  close(): Promise<void>;
}

/**
 * Gateways behind one address, as any load balancer does it: those that are ready in turn, over connections that it keeps.
 * It repeats no request: who shields clients from faults also hides them.
 */
export async function balance(gateways: readonly Instance[]): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true });
  const faults: string[] = [];
  let ready: Instance[] = [];
  let turn = 0;
  const server = createServer((asked, response) => {
    const gateway = ready[turn++ % ready.length];
    const onFault = (what: string) => {
      faults.push(`${asked.method} ${asked.url}: ${what}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ fault: what }));
    };
    if (gateway) forward(asked, response, { gateway, agent, onFault });
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
    const answers = await Promise.all(gateways.map((gateway) => gateway.readiness()));
    onChecked(gateways.filter((_, index) => answers[index] === 200));
    await pause(CHECKED_EVERY_MS);
  }
}

interface Forwarding {
  gateway: Instance;
  agent: Agent;
  onFault: (what: string) => void;
}

function forward(asked: IncomingMessage, response: ServerResponse, { gateway, agent, onFault }: Forwarding): void {
  const failed = (error: Error & { code?: string }) => !response.closed && onFault(error.code ?? error.message); // closed: its client has gone
  const out = request(
    gateway.url + asked.url,
    { agent, method: asked.method, headers: withoutHops(asked.headers) },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, withoutHops(answer.headers));
      answer.on('error', failed).pipe(response);
    },
  );
  out.on('error', failed);
  response.once('close', () => out.destroy());
  asked.pipe(out);
}

/** What is about one connection is not passed on to another (RFC 9110, section 7.6.1). */
const withoutHops = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOPS.includes(name)));
const HOPS = ['connection', 'keep-alive', 'transfer-encoding'];
