import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inRoot } from '@sluice/stack/workspace';

/** The libraries that are packed and taken alone (docs/decisions/0033-take-only-the-libraries.md). */
const PACKED = ['contracts', 'messaging', 'persistence', 'service-kit'];

interface Package {
  name: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** Specs and `testing` are not packed. */
const sourcesOf = (library: string): string[] =>
  readdirSync(inRoot('libs', library, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(?!.*\.spec\.ts$)(?!testing\/).*\.ts$/.test(file),
  );

/** Names of the packages that a source imports, also `@scope/name` of `@scope/name/part`. */
const packagesOf = (code: string): string[] =>
  [...code.matchAll(/(?:from |import\()'((?:@[^/']+\/)?[^./'][^/']*)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('node:'));

it.each(PACKED)('%s imports only what its package.json names, as it is installed alone', (library) => {
  const { name, ...packed } = JSON.parse(readFileSync(inRoot('libs', library, 'package.json'), 'utf8')) as Package;
  const named = [name, ...Object.keys({ ...packed.dependencies, ...packed.peerDependencies })];
  const imported = sourcesOf(library).flatMap((file) =>
    packagesOf(readFileSync(inRoot('libs', library, 'src', file), 'utf8')).map((one) => ({ file, one })),
  );
  expect(imported.map(({ one }) => one)).toContain('zod');
  expect(imported.filter(({ one }) => !named.includes(one))).toEqual([]);
});
