import { expect, it } from 'vitest';
import { findK6, inContainer, onMachine } from './k6.js';
import { inRoot } from '@sluice/stack/workspace';

const ENV = {
  PATH: '/bin',
  DATABASE_URL: 'postgresql://secret',
  BASE_URL: 'http://127.0.0.1:8080',
  LOAD_TOKENS: '/home/me/.sluice/load/tokens.txt',
  LOAD_RESULT: '/home/me/.sluice/load/capacity.json',
  LOAD_USERS: '7',
};

it("runs the machine's own k6 with the options that were given", () => {
  expect(onMachine('smoke.js', ['--quiet'], ENV)).toEqual({
    program: 'k6',
    args: ['run', '--quiet', inRoot('load/smoke.js')],
  });
});

it('gives a container the scripts, the tokens and what is meant for them, on the network of the machine, and nothing else', () => {
  const { program, args } = inContainer('smoke.js', ['--quiet'], ENV);
  const after = (option: string) => args.flatMap((arg, i) => (arg === option ? [args[i + 1]] : []));
  expect(program).toBe('docker');
  expect(after('--network')).toEqual(['host']);
  expect(after('-v')).toEqual([
    `${inRoot('load')}:${inRoot('load')}:ro`,
    '/home/me/.sluice/load:/home/me/.sluice/load',
  ]);
  expect(after('-e').sort()).toEqual(['BASE_URL', 'LOAD_RESULT', 'LOAD_TOKENS', 'LOAD_USERS']);
  expect(args.slice(-4)).toEqual([
    expect.stringMatching(/^grafana\/k6:\d+\.\d+\.\d+$/),
    'run',
    '--quiet',
    inRoot('load/smoke.js'),
  ]);
  expect(args.join(' ')).not.toContain('secret');
});

it('says where to get a k6 when there is none', async () => {
  const { PATH } = process.env;
  process.env.PATH = '';
  try {
    await expect(findK6()).rejects.toMatchObject({
      message: expect.stringContaining('no k6'),
      fix: expect.stringContaining('https://grafana.com'),
    });
  } finally {
    process.env.PATH = PATH;
  }
});
