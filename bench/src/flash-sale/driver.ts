import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Outcome {
  perSecond: number;
  /** Number of responses by status. */
  statuses: Record<number, number>;
}

export interface Target {
  port: number;
  path: string;
  body: string;
}

/** Concurrent clients: enough to keep a gateway and a broker busy, far fewer than a gateway accepts. */
export const CLIENTS = 64;

/**
 * Sends a request for each token over persistent connections, each with one request at a time. Uses plain sockets,
 * because Node's HTTP client needs more processor time than a bare route and would dominate both sides of a ratio.
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
        const status = await client.request(`${head}${token}\r\n\r\n${body}`);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  for (const client of clients) client.close();
  return { perSecond: tokens.length / seconds, statuses };
}

interface Client {
  /** @returns the status of the response */
  request(text: string): Promise<number>;
  close(): void;
}

async function open(port: number): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return { request: (text) => request(socket, text), close: () => socket.destroy() };
}

function request(socket: Socket, text: string): Promise<number> {
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
    socket.on('data', read).on('close', lost).write(text);
  });
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(answer.slice(0, end))?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${answer}`);
  return answer.length >= end + 4 + Number(length);
}
