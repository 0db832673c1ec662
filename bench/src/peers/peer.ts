import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '@sluice/stack/failure';
import { run as runToItsEnd } from '@sluice/stack/run';
import { until } from '@sluice/stack/until';
import { inRoot } from '@sluice/stack/workspace';
import type { BenchRun } from '../benchmark.js';

const READY_WITHIN_MS = 90_000;
const OUTPUT_CHARACTERS = 20_000;

/** Packages that are compared with, each a folder in bench/peers with a lock file of its own. */
export type PeerName = 'restate' | 'dbos' | 'nest-chain' | 'golevelup';

export const peerFile = (peer: PeerName, ...parts: string[]): string => inRoot('bench/peers', peer, ...parts);

export const peerText = (peer: PeerName, file: string): string => readFileSync(peerFile(peer, file), 'utf8');

/** Compiles the peer. @returns false, after a line that explains it, when its packages are not installed */
export async function preparePeer(peer: PeerName, { progress }: BenchRun): Promise<boolean> {
  if (!existsSync(peerFile(peer, 'node_modules'))) {
    progress.line(`${peer} is not compared, because it is not installed: npm run bench -- --install-peers`);
    return false;
  }
  const compiler = inRoot('node_modules/typescript7/bin/tsc');
  await progress.step(`compile ${peer}`, () => runToItsEnd(process.execPath, [compiler, '-p', peerFile(peer)]));
  return true;
}

export interface PeerProcess {
  pid: number;
  stop(): Promise<void>;
}

interface PeerCommand {
  program: string;
  args: readonly string[];
  env?: Record<string, string>;
  /** Whether it can be used; by default when it has printed a line `ready`. */
  isReady?: (output: string) => boolean | Promise<boolean>;
}

/** Starts a process of a peer in a folder for files of this run, and waits until it is ready. */
export async function startProcess(
  { program, args, env = {}, isReady = (output) => /^ready$/m.test(output) }: PeerCommand,
  { shutdown, stateDirectory }: BenchRun,
): Promise<PeerProcess> {
  const cwd = path.dirname(stateDirectory.path('peers', 'file'));
  mkdirSync(cwd, { recursive: true });
  const own = { PATH: process.env['PATH'], NODE_ENV: 'production', ...env };
  const child = spawn(program, args, { cwd, env: own, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  await shutdown.add(program, () => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-OUTPUT_CHARACTERS)));
  const probe = async (): Promise<boolean> => child.exitCode !== null || isReady(output);
  const isUp = await until(probe, { withinMs: READY_WITHIN_MS, everyMs: 100 });
  if (!isUp || child.exitCode !== null) throw new Failure(`${args.join(' ')} did not start`, undefined, output);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL'); // its data is thrown away
    await ended;
  };
  return { pid: child.pid!, stop };
}
