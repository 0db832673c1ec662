import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { supports } from './node-version.mjs';
import { inRoot } from './workspace.mjs';

const RANGE = '^20.19.0 || ^22.12.0 || >=24.0.0';

it.each(['20.19.0', '20.20.2', '22.12.1', '24.0.0', '25.3.1'])('takes Node.js %s', (version) => {
  expect(supports(version, RANGE)).toBe(true);
});

it.each(['16.20.2', '18.20.8', '20.18.3', '21.7.3', '22.11.0', '23.11.0'])('refuses Node.js %s', (version) => {
  expect(supports(version, RANGE)).toBe(false);
});

/** Called by the Prisma CLI, and by compose in an image that has its own Node.js; started by another tool. */
const NOT_BY_PEOPLE = ['schema-engine.mjs', 'container-setup.mjs', 'bench-memory.mjs'];

it('looks at the version before anything else in every tool', () => {
  const tools = readdirSync(inRoot('tools')).filter((file) => file.endsWith('.mjs') && !NOT_BY_PEOPLE.includes(file));
  const first = (file) =>
    readFileSync(inRoot('tools', file), 'utf8')
      .split('\n')
      .find((line) => line.startsWith('import'));
  expect(tools.filter((file) => first(file) !== "import './lib/node-version.mjs';")).toEqual([]);
});
