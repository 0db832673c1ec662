import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRoot } from '@sluice/stack/workspace';
import { lockWorkspace } from './package-lock.js';

const lock = readFileSync(inRoot('package-lock.json'), 'utf8');
interface Lock {
  packages: Record<string, { name: string; version: string; dependencies: Record<string, string> }>;
}
const { packages } = JSON.parse(lock) as Lock;

describe('lockWorkspace', () => {
  it('writes the entries of a workspace as npm has written them', () => {
    const { name, version, dependencies } = packages['apps/promotions']!;
    const { 'apps/promotions': own, 'node_modules/@sluice/promotions': link, ...others } = packages;
    expect([own, link]).not.toContain(undefined);
    const without = `${JSON.stringify({ ...(JSON.parse(lock) as Lock), packages: others }, null, 2)}\n`;
    expect(lockWorkspace(without, { name, version, dependencies, folder: 'apps/promotions' })).toBe(lock);
  });
});
