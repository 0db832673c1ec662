import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { inRoot } from './workspace.js';

/** Something has been started when something else fails of which nobody takes note. */
const crashing = (how: string) => `
  const { Shutdown } = await import('${inRoot('stack/dist/shutdown.js')}');
  const shutdown = new Shutdown();
  const fail = (error) => {
    if (shutdown.requested) return;
    console.log('failed: ' + error.message);
    shutdown.stop().then(() => process.exit(1));
  };
  shutdown.onCrash(fail);
  await shutdown.add('server', async () => console.log('server stopped'));
  setInterval(() => {}, 1_000);
  ${how}`;

it.each(['setTimeout(() => { throw new Error("wasm"); }, 10);', 'Promise.reject(new Error("wasm"));'])(
  'stops what was started when nobody catches an error: %s',
  async (how) => {
    const { code, stdout } = await new Promise<{ code: string | number; stdout: string }>((resolve) => {
      execFile(process.execPath, ['--input-type=module', '-e', crashing(how)], (error, out) =>
        resolve({ code: error?.code ?? 0, stdout: out }),
      );
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'failed: wasm\nserver stopped\n' });
  },
);
