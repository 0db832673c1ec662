import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inRoot, root } from '@sluice/stack/workspace';
import { runToEnd } from './run-to-end.js';

/** A repository of its own with the files of this checkout, those that are not committed yet included. */
export interface CheckoutCopy {
  readonly folder: string;
  at(...parts: string[]): string;
  read(file: string): string;
  write(file: string, text: string): void;
  edit(file: string, change: (text: string) => string): void;
  /** Runs a program in it. @returns its output; rejects with the output when the program fails */
  run(program: string, ...args: string[]): Promise<string>;
  /** Runs `node start.mjs`. */
  command(...args: string[]): Promise<string>;
  commit(): void;
  remove(): void;
}

/** A copy in a folder of its own, with one commit. It has no packages yet. */
export function copyCheckout(): CheckoutCopy {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-copy-'));
  for (const file of filesOfCheckout()) cpSync(inRoot(file), path.join(folder, file));
  git(folder, 'init', '--quiet', '--initial-branch=main');
  return checkoutIn(folder);
}

/** A clone of a copy, as the next developer gets it. */
export function cloneOf(copy: CheckoutCopy): CheckoutCopy {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-clone-'));
  git(folder, 'clone', '--quiet', copy.folder, '.');
  return checkoutIn(folder);
}

function checkoutIn(folder: string): CheckoutCopy {
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  const run = async (program: string, ...args: string[]): Promise<string> =>
    (await runToEnd(program, args, folder)).output;
  const copy: CheckoutCopy = {
    folder,
    at,
    run,
    read: (file) => readFileSync(at(file), 'utf8'),
    write: (file, text) => writeFileSync(at(file), text),
    edit: (file, change) => writeFileSync(at(file), change(readFileSync(at(file), 'utf8'))),
    command: (...args) => run(process.execPath, at('start.mjs'), ...args),
    commit: () => {
      git(folder, 'add', '--all');
      git(folder, ...AUTHOR, 'commit', '--quiet', '--allow-empty', '--message', 'Change');
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
  copy.commit();
  return copy;
}

const AUTHOR = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost'];

const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 });

const filesOfCheckout = (): string[] =>
  git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate')
    .split('\0')
    .filter((file) => file !== '' && existsSync(inRoot(file)));

/**
 * Gives a copy the packages and the compiled files of this checkout, so that nothing is installed and little compiled:
 * links to the packages, and links of its own to its own workspaces.
 */
export function borrowPackages(copy: CheckoutCopy): void {
  const [from, to] = [inRoot('node_modules'), copy.at('node_modules')];
  mkdirSync(path.join(to, '@sluice'), { recursive: true });
  for (const name of readdirSync(from))
    if (name !== '@sluice' && name !== '.package-lock.json') symlinkSync(path.join(from, name), path.join(to, name));
  cpSync(path.join(from, '.package-lock.json'), path.join(to, '.package-lock.json'));
  for (const name of readdirSync(path.join(from, '@sluice')))
    cpSync(path.join(from, '@sluice', name), path.join(to, '@sluice', name), { verbatimSymlinks: true });
  for (const folder of compiledFolders())
    cpSync(inRoot(folder), copy.at(folder), { recursive: true, preserveTimestamps: true });
}

const compiledFolders = (): string[] =>
  [
    ...new Set(
      filesOfCheckout()
        .filter((file) => path.basename(file) === 'package.json')
        .map(path.dirname),
    ),
  ]
    .flatMap((folder) => [path.join(folder, 'dist'), path.join(folder, 'src/generated')])
    .filter((folder) => existsSync(inRoot(folder)));
