import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Below what systems hand out to outgoing connections (32768 on Linux), so that a choice stays free until it is used. */
const FROM = 21_000;
const TO = 32_000;

/**
 * A file for each port that a process of this machine has chosen: between the choice and the moment in which somebody listens
 * there, the port is free for everybody else. The same files as stack/src/ports.ts, which works before anything is compiled.
 */
const CLAIMS = path.join(tmpdir(), 'sluice-ports');
const claimOf = (port: number): string => path.join(CLAIMS, String(port));
const claimed = new Set<number>();

process.once('exit', () => claimed.forEach((port) => rmSync(claimOf(port), { force: true })));

/** A port that nobody listens on, and that no test or tool is given again while this process lives. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FROM, TO);
    if (!claim(port)) continue;
    claimed.add(port);
    if (await isFree(port)) return port;
  }
}

function claim(port: number, tries = 2): boolean {
  mkdirSync(CLAIMS, { recursive: true, mode: 0o777 });
  try {
    writeFileSync(claimOf(port), String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (tries === 1 || lives(holderOf(port))) return false;
    rmSync(claimOf(port), { force: true });
    return claim(port, tries - 1);
  }
}

function holderOf(port: number): number {
  try {
    return Number(readFileSync(claimOf(port), 'utf8'));
  } catch {
    return 0;
  }
}

function lives(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
