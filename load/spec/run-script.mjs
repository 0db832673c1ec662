import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { fastClock } from './clock.mjs';
import { FakeShop } from './fake-shop.mjs';

/** Waits of a minute take three seconds. A sale that opens in some seconds needs a clock that leaves time to knock before. */
const speedOf = (script) => (script === 'smoke.js' ? 8 : 20);
const RUNNER = path.join(import.meta.dirname, 'stand-in/run.mjs');
const folder = path.join(import.meta.dirname, '..');

/** Tokens that only the fake shop takes for tokens. */
const tokensOf = (count) =>
  Array.from({ length: count }, (_, i) => `e30.${Buffer.from(`user-${i}`).toString('base64url')}.e30`);

/**
 * Runs a script against a fake shop, with the stand-in for k6.
 * @param {string} script @param {{ faults?: import('./fake-shop.mjs').Faults, env?: Record<string, string>, users?: number, most?: number }} [options] most: iterations of each scenario, 0 to look at its options only
 * @returns {Promise<{ threw: string[], problems?: string[], broken?: string[], options?: any, exported?: string[], summary?: Record<string, string>, shop: FakeShop }>}
 */
export async function runScript(script, { faults = {}, env = {}, users = 12, most = 24 } = {}) {
  const epoch = Date.now();
  const speed = speedOf(script);
  const shop = await new FakeShop(fastClock(epoch, speed), faults).open();
  const made = mkdtempSync(path.join(tmpdir(), 'load-'));
  const tokens = path.join(made, 'tokens.txt');
  writeFileSync(tokens, `> what npm prints\n${tokensOf(users).join('\n')}\n`);
  try {
    const given = {
      PATH: process.env.PATH,
      BASE_URL: shop.url,
      LOAD_TOKENS: tokens,
      STAND_IN_EPOCH: String(epoch),
      STAND_IN_SPEED: String(speed),
      ...env,
    };
    const { stdout } = await promisify(execFile)(process.execPath, [RUNNER, path.join(folder, script), String(most)], {
      env: given,
      maxBuffer: 2 ** 26,
    });
    return { ...JSON.parse(stdout.trimEnd().split('\n').at(-1)), shop };
  } finally {
    await shop.close();
    rmSync(made, { recursive: true });
  }
}
