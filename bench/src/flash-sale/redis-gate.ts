import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { accepts, freePort } from '@sluice/stack/ports';
import type { TemporaryRun } from '@sluice/stack/temporary-run';
import { until } from '@sluice/stack/until';

/** Where Debian's package redis-server and Homebrew put it. */
const PROGRAMS = ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'];
/** Pieces of the sale: above what any round takes, because refusals by the counter are not what is measured. */
const PIECES = 1_000_000;
export const COUNTER = 'pieces';

/** A real Redis that counts the pieces of a sale, private to this run. */
export interface Gate {
  port: number;
  close(): Promise<void>;
}

/** @returns undefined, after a line that explains it, where no redis-server is installed */
export async function openGate(run: TemporaryRun): Promise<Gate | undefined> {
  const program = PROGRAMS.find((file) => existsSync(file));
  if (program) return run.progress.step('Redis', () => start(program, run));
  run.progress.line('no Redis on this machine, so its gate is not compared: apt-get install redis-server');
  return undefined;
}

/** What is counted is on the disk within a second: the default of Redis with a log, without which a crash oversells. */
async function start(program: string, { shutdown, stateDirectory }: TemporaryRun): Promise<Gate> {
  const port = await freePort();
  const dir = path.dirname(stateDirectory.path('redis', 'log'));
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes', '--dir', dir];
  const child = spawn(program, args.map(String), { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await shutdown.add('Redis', () => child.kill('SIGKILL'));
  if (!(await until(() => accepts(port), { withinMs: 10_000, everyMs: 50 }))) throw new Error('Redis did not start');
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(`SET ${COUNTER} ${PIECES}\r\n`);
  await once(socket, 'data');
  socket.destroy();
  return {
    port,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
