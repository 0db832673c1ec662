import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isSlow, needsBuild, needsServers, specFiles } from './spec-files.js';
import { root } from '@sluice/stack/workspace';

const USES_SERVERS = /\b(testBroker|testDatabase|startSystem|itNamesWhatBreaks)\(/;
const nameOf = (file: string) => path.relative(root, file);

it.each([
  'libs/contracts',
  'libs/service-kit/src/environment.spec.ts',
  'libs/service-kit/src/periodic-task.spec.ts',
  'apps/orders/src/order.spec.ts',
  'libs/messaging/src/settlement',
])('needs no servers for %s', (word) => {
  expect(specFiles([word]).filter(needsServers).map(nameOf)).toEqual([]);
});

it.each([
  'apps/notifications/src/notifications.service.spec.ts',
  'libs/persistence/src/prune',
  'e2e/src/outages.spec.ts',
  'cli/src/dead-letters.spec.ts',
  'stack/src/databases/databases.spec.ts',
])('needs servers for %s', (word) => {
  expect(specFiles([word]).some(needsServers)).toBe(true);
});

it('needs servers wherever a test asks for a broker, a database or a system', () => {
  const without = specFiles([]).filter(
    (file) =>
      !file.endsWith('/spec-files.spec.ts') && USES_SERVERS.test(readFileSync(file, 'utf8')) && !needsServers(file),
  );
  expect(without.map(nameOf)).toEqual([]);
});

it.each(['apps/orders', 'libs/contracts', 'libs/messaging/src/settlement', 'topology/src/map'])(
  'needs no compiled code for %s',
  (word) => expect(specFiles([word]).filter(needsBuild).map(nameOf)).toEqual([]),
);

it.each([
  'e2e/src/outages.spec.ts',
  'cli/src/commands.spec.ts',
  'apps/accounts/src/dev-users/dev-users.spec.ts',
  'libs/messaging/src/poison.spec.ts',
])('needs compiled code for %s', (word) => expect(specFiles([word]).every(needsBuild)).toBe(true));

it('needs compiled code wherever a test starts a program or a system', () => {
  const without = specFiles([]).filter(
    (file) => /\b(startSystem|run|runWith|fork)\(\s*['"`]/.test(readFileSync(file, 'utf8')) && !needsBuild(file),
  );
  expect(without.map(nameOf)).toEqual([]);
});

it('refuses a word that no file of tests has in its path', () => {
  expect(() => specFiles(['libs/contracts', 'libs/contarcts'])).toThrow(
    'no file of tests has libs/contarcts in its path',
  );
});

it('leaves slow files out unless a word finds them', () => {
  expect(specFiles([]).filter(isSlow)).toEqual([]);
  const slow = specFiles(['.slow.spec']);
  expect(slow.length).toBeGreaterThan(1);
  expect(slow.every(isSlow)).toBe(true);
});
