import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mayConcernServices, watchSources } from './watch.js';

let folder: string;
let reports: string[][];
let end: () => void;

const write = (...parts: string[]): void => {
  mkdirSync(path.dirname(path.join(folder, ...parts)), { recursive: true });
  writeFileSync(path.join(folder, ...parts), 'export {};\n');
};
const reported = (file: string): Promise<void> =>
  vi.waitFor(() => expect(reports.flat()).toContain(file), { timeout: 10_000 });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'watch-'));
  for (const file of ['apps/orders/src/order.ts', 'libs/messaging/src/a/b.ts', 'prisma/orders/schema.prisma'])
    write(file);
  reports = [];
  end = watchSources((changed) => void reports.push(changed), folder);
});
afterEach(() => {
  end();
  rmSync(folder, { recursive: true });
});

it.each(['apps/orders/src/order.ts', 'libs/messaging/src/a/b.ts', 'prisma/orders/schema.prisma'])(
  'reports a change of %s',
  async (file) => {
    write(file);
    await reported(file);
  },
);

it('reports files that change together once', async () => {
  write('apps/orders/src/order.ts');
  write('apps/orders/src/pricing.ts');
  await reported('apps/orders/src/pricing.ts');
  expect(reports).toEqual([['apps/orders/src/order.ts', 'apps/orders/src/pricing.ts']]);
});

it('reports a file again that an editor replaces, and one in a folder that is new or was made again', async () => {
  for (let time = 0; time < 2; time++) {
    write('apps/orders/src/draft.tmp');
    renameSync(path.join(folder, 'apps/orders/src/draft.tmp'), path.join(folder, 'apps/orders/src/order.ts'));
    await reported('apps/orders/src/order.ts');
    write('apps/orders/src/new/one.ts');
    await reported('apps/orders/src/new');
    write('apps/orders/src/new/two.ts');
    await reported('apps/orders/src/new/two.ts');
    rmSync(path.join(folder, 'apps/orders/src/new'), { recursive: true });
    reports = [];
    write('apps/orders/src/last.ts');
    await reported('apps/orders/src/last.ts');
    reports = [];
  }
});

it('reports neither specs nor what is generated', async () => {
  write('apps/orders/src/order.spec.ts');
  write('apps/orders/src/generated/client.ts');
  write('prisma/orders/migrations/1/migration.sql');
  write('apps/orders/dist/order.js');
  write('apps/orders/src/last.ts');
  await reported('apps/orders/src/last.ts');
  expect(reports.flat()).toEqual(['apps/orders/src/last.ts']);
});

it.each([
  ['apps/orders/src/order.ts', true],
  ['apps/orders/src/prices', true],
  ['prisma/orders/schema.prisma', true],
  ['apps/web/src/app.tsx', true],
  ['apps/web/src/theme/base.css', true],
  ['apps/orders/src/order.spec.ts', false],
  ['apps/orders/src/generated', false],
  ['apps/orders/src/.order.ts.swp', false],
  ['apps/orders/src/order.ts~', false],
])('%s may concern services: %s', (file, expected) => expect(mayConcernServices(file)).toBe(expected));
