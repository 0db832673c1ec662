import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { fastClock } from './clock.js';
import { FakeShop } from './fake-shop.js';
import type { Faults } from './shop.js';
import type { Report } from './stand-in/report.js';

/** A wait of a minute takes three seconds. Not faster, because smoke.js needs time to claim before the sale opens. */
const speedOf = (script: string): number => (script === 'smoke.js' ? 8 : 20);
const load = path.join(import.meta.dirname, '..');
/** The compiled stand-in for k6, which runs in its own process. */
const RUNNER = path.join(load, 'dist/stand-in/run.js');

/** Tokens that only the fake shop accepts. */
const tokensOf = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `e30.${Buffer.from(`user-${i}`).toString('base64url')}.e30`);

interface Options {
  faults?: Faults;
  env?: NodeJS.ProcessEnv;
  users?: number;
  /** Iterations of each scenario; 0 reads the options of the script only. */
  most?: number;
}

/** Runs a script against a fake shop, with the stand-in for k6. */
export async function runScript(
  script: string,
  { faults = {}, env = {}, users = 12, most = 24 }: Options = {},
): Promise<Report & { shop: FakeShop }> {
  const epoch = Date.now();
  const speed = speedOf(script);
  const shop = await new FakeShop(fastClock(epoch, speed), faults).open();
  const folder = mkdtempSync(path.join(tmpdir(), 'load-'));
  const tokens = path.join(folder, 'tokens.txt');
  writeFileSync(tokens, `> what npm prints\n${tokensOf(users).join('\n')}\n`);
  try {
    const variables = {
      PATH: process.env['PATH'],
      BASE_URL: shop.url,
      LOAD_TOKENS: tokens,
      STAND_IN_EPOCH: String(epoch),
      STAND_IN_SPEED: String(speed),
      ...env,
    };
    const { stdout } = await promisify(execFile)(process.execPath, [RUNNER, path.join(load, script), String(most)], {
      env: variables,
      maxBuffer: 2 ** 26,
    });
    return { ...(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Report), shop };
  } finally {
    await shop.close();
    rmSync(folder, { recursive: true });
  }
}
