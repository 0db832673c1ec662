import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { inRoot, root } from '@sluice/stack/workspace';
import type { SourceFile } from './figures.js';

/** The files of the repository in a folder that people write, also those that are not committed yet. */
export function sourceFiles(folder: string): SourceFile[] {
  const patterns = ['ts', 'mts', 'mjs', 'js'].map((extension) => `:(glob)${prefix(folder)}**/*.${extension}`);
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate', '--', ...patterns];
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && !path.includes('/generated/') && existsSync(inRoot(path)))
    .map((path) => ({ path, text: readFileSync(inRoot(path), 'utf8') }));
}

const prefix = (folder: string): string => (folder === '' ? '' : `${folder.replace(/^\.\/|\/+$/g, '')}/`);
