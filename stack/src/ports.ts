import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tryLock } from './lock.js';

/** Below what systems hand out to outgoing connections (32768 on Linux), so that a choice stays free until it is used. */
const MIN_PORT = 21_000;
const MAX_PORT = 32_000;

/** Whether no process listens there. */
export const isFree = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** A lock for each port that was chosen: no other process takes it before a server listens there. */
const CLAIMS = path.join(tmpdir(), 'sluice-ports');
const claimed = new Map<number, () => void>();

process.once('exit', () => claimed.forEach((release) => release()));

/** Whether no other living process has chosen the port. */
function claim(port: number): boolean {
  const release = tryClaim(port);
  if (release) claimed.set(port, release);
  return release !== undefined;
}

function tryClaim(port: number): (() => void) | undefined {
  try {
    mkdirSync(CLAIMS, { recursive: true, mode: 0o777 });
    return tryLock(path.join(CLAIMS, String(port)));
  } catch {
    return () => {}; // no place to write: then without
  }
}

/** A port that no process listens on, and no other is given while this process lives; `preferred` when that is free. */
export async function freePort(preferred?: number): Promise<number> {
  for (let port = preferred ?? randomInt(MIN_PORT, MAX_PORT); ; port = randomInt(MIN_PORT, MAX_PORT)) {
    const again = claimed.has(port) && port === preferred; // the port of the last start went to the same purpose
    if ((again || claim(port)) && (await isFree(port))) return port;
  }
}

export async function freePorts<K extends string>(
  names: readonly K[],
  last: Partial<Record<K, number>> = {},
): Promise<Record<K, number>> {
  const ports: Partial<Record<K, number>> = {};
  for (const name of names) ports[name] = await freePort(last[name]);
  return ports as Record<K, number>;
}

export const accepts = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host });
    const answer = (accepted: boolean) => () => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', answer(true)).once('error', answer(false)).setTimeout(1_000, answer(false));
  });
