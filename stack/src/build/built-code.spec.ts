import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { builtCode, packagesOf } from './built-code.js';

const SERVICES = ['gateway', 'orders'];
let folder: string;

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

function pack(place: string, ...dependencies: string[]): void {
  const all = Object.fromEntries(dependencies.map((name) => [name, '*']));
  write(`${place}/package.json`, JSON.stringify({ dependencies: all }));
  write(`${place}/dist/index.js`, `// ${place}`);
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'built-'));
  pack('libs/contracts', 'zod');
  pack('libs/messaging', '@sluice/contracts');
  pack('libs/persistence', '@sluice/messaging', '@sluice/contracts');
  pack('apps/gateway', '@sluice/messaging', 'fastify');
  pack('apps/orders', '@sluice/messaging', '@sluice/persistence');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The services whose code differs when this file is written. */
function changedBy(file: string, text = '// changed'): string[] {
  const before = builtCode(SERVICES, folder);
  write(file, text);
  const after = builtCode(SERVICES, folder);
  return SERVICES.filter((service) => before[service] !== after[service]);
}

it.each([
  ['apps/orders/dist/index.js', ['orders']],
  ['apps/orders/dist/more/new.js', ['orders']],
  ['libs/persistence/dist/index.js', ['orders']],
  ['libs/messaging/dist/index.js', ['gateway', 'orders']],
  ['libs/contracts/dist/index.js', ['gateway', 'orders']],
  ['libs/contracts/dist/index.d.ts', []],
  ['libs/contracts/dist/index.js.map', []],
  ['libs/contracts/src/index.ts', []],
  ['stack/dist/index.js', []],
])('%s is code of %j', (file, services) => expect(changedBy(file)).toEqual(services));

it('finds no change where the compiler wrote the same code again', () => {
  expect(changedBy('libs/messaging/dist/index.js', '// libs/messaging')).toEqual([]);
});

it('finds libraries behind libraries, each once', () => {
  expect(packagesOf('apps/orders', folder)).toEqual([
    'apps/orders',
    'libs/messaging',
    'libs/contracts',
    'libs/persistence',
  ]);
});
