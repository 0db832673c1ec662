import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

/** Built by `npm run build`: apps/web/dist/index.html names what a browser loads at first. */
const DIST = path.resolve(import.meta.dirname, '../dist');
const index = (): string => readFileSync(path.join(DIST, 'index.html'), 'utf8');
const named = (): string[] => [...index().matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, file]) => file!);
const compressed = (file: string, encoding: 'br' | 'gz'): number =>
  statSync(path.join(DIST, `${file}.${encoding}`)).size;

it.each(['br', 'gz'] as const)('loads less than 150 kB at first, compressed (%s)', (encoding) => {
  const files = ['index.html', ...named()];
  expect(files.length).toBeGreaterThan(2);
  expect(files.reduce((sum, file) => sum + compressed(file, encoding), 0)).toBeLessThan(150_000);
});

it('has nothing inline, which the Content-Security-Policy would refuse', () => {
  expect(index()).not.toMatch(/<style|<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=/);
});

it('loads the control room only when somebody opens it', () => {
  const controlRoom = readdirSync(path.join(DIST, 'assets')).filter((file) => /^machine-view-.*\.js$/.test(file));
  expect(controlRoom).toHaveLength(1);
  expect(named().filter((file) => file.includes(controlRoom[0]!))).toEqual([]);
});
