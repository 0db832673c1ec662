import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inRoot } from '@sluice/stack/workspace';

const LINK = /\]\(([^)#\s]+)/g;
const pagesIn = (folder: string): string[] =>
  readdirSync(inRoot(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => path.join(folder, name));
const linksOf = (page: string): string[] =>
  [...readFileSync(inRoot(page), 'utf8').matchAll(LINK)]
    .map(([, link = '']) => link)
    .filter((link) => !link.includes('://'));

describe('the documentation', () => {
  it.each([
    'README.md',
    'README.zh-CN.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'CHANGELOG.md',
    ...pagesIn('docs'),
    ...pagesIn('libs'),
    ...pagesIn('examples'),
    ...pagesIn('load'),
  ])('%s links to files that are there', (page) => {
    const broken = linksOf(page).filter((link) => !existsSync(inRoot(path.dirname(page), link)));
    expect(broken).toEqual([]);
  });
});
