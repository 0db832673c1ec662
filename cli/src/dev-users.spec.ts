import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Progress } from '@sluice/stack/progress';
import { StateDirectory } from '@sluice/stack/state-directory';
import { makeDevUsers } from './dev-users.js';

let stateDirectory: StateDirectory;

beforeEach(() => {
  stateDirectory = new StateDirectory(mkdtempSync(path.join(tmpdir(), 'home-')));
});
afterEach(() => rmSync(stateDirectory.dir, { recursive: true }));

const make = (count: string | undefined, env: NodeJS.ProcessEnv) =>
  makeDevUsers(count, 'inherit', { stateDirectory, env, progress: new Progress() });

it.each(['production', 'Production', 'prod'])('makes no users in NODE_ENV=%s', async (NODE_ENV) => {
  await expect(make('5', { NODE_ENV })).rejects.toThrow('refused in production');
});

it.each([undefined, '', '0', '-1', '1.5', 'many'])('asks how many for %s', async (count) => {
  await expect(make(count, {})).rejects.toThrow('how many users?');
});

it.each<NodeJS.ProcessEnv>([{}, { DATABASE_URL: 'postgresql://127.0.0.1:1/x' }, { TOKEN_PRIVATE_KEY: 'key' }])(
  'says what is missing where no system runs, with %o',
  async (env) => {
    await expect(make('5', env)).rejects.toMatchObject({
      message: expect.stringContaining('no system'),
      fix: expect.stringContaining('TOKEN_PRIVATE_KEY'),
    });
  },
);
