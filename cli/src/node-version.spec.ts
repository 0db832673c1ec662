import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { inRoot } from '@sluice/stack/workspace';

const { supports } = (await import(pathToFileURL(inRoot('start.mjs')).href)) as {
  supports(version: string, range: string): boolean;
};

const RANGE = '^20.19.0 || ^22.12.0 || >=24.0.0';

it.each(['20.19.0', '20.20.2', '22.12.1', '24.0.0', '25.3.1'])('takes Node.js %s', (version) => {
  expect(supports(version, RANGE)).toBe(true);
});

it.each(['16.20.2', '18.20.8', '20.18.3', '21.7.3', '22.11.0', '23.11.0'])('refuses Node.js %s', (version) => {
  expect(supports(version, RANGE)).toBe(false);
});

it('is looked at by the one program that every npm script of ours runs', () => {
  const { scripts } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { scripts: Record<string, string> };
  const own = Object.values(scripts).filter((script) => /\bnode\b/.test(script));
  expect(own.length).toBeGreaterThan(15);
  expect(own.filter((script) => !/^(exec )?node start\.mjs [a-z:-]+$/.test(script))).toEqual([]);
});
