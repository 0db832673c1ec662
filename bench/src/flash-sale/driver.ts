import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Outcome {
  perSecond: number;
  /** How many answers had which status. */
  statuses: Record<number, number>;
}

export interface Target {
  port: number;
  path: string;
  body: string;
}

/** So many clients at a time: enough to keep a gateway and a broker busy, few beside what a gateway takes. */
export const CLIENTS = 64;

/**
 * Sends a request for each token, over connections that are kept, each with one request at a time. Written on sockets: Node's
 * own HTTP client takes more of the machine than a bare route does, and both sides of a ratio would be it.
 */
export async function load({ port, path, body }: Target, tokens: readonly string[]): Promise<Outcome> {
  const statuses: Record<number, number> = {};
  const rest = tokens.values();
  const head = `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nauthorization: Bearer `;
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => open(port)));
  const began = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      for (const token of rest) {
        const status = await client.ask(`${head}${token}\r\n\r\n${body}`);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  for (const client of clients) client.close();
  return { perSecond: tokens.length / seconds, statuses };
}

interface Client {
  /** @returns the status of the answer */
  ask(request: string): Promise<number>;
  close(): void;
}

async function open(port: number): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return { ask: (request) => ask(socket, request), close: () => socket.destroy() };
}

function ask(socket: Socket, request: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const done = (end: () => void): void => {
      socket.off('data', read).off('close', lost);
      end();
    };
    const read = (chunk: Buffer): void => {
      answer += chunk.toString('latin1');
      if (isWhole(answer)) done(() => resolve(Number(answer.slice(9, 12))));
    };
    const lost = (): void => done(() => reject(new Error(`the connection was closed after "${answer}"`)));
    socket.on('data', read).on('close', lost).write(request);
  });
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(answer.slice(0, end))?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${answer}`);
  return answer.length >= end + 4 + Number(length);
}
