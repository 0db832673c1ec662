// @ts-nocheck
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './workspace.js';

/** Where the local system keeps its data: SLUICE_HOME, else .sluice in the checkout. */
export const defaultStateDirectory = () => path.resolve(inRoot(), process.env.SLUICE_HOME || '.sluice');

/** A folder with what a private system must remember between two starts: ports, passwords, who runs. */
export class StateDirectory {
  /** @param {string} dir */
  constructor(dir = defaultStateDirectory()) {
    this.dir = dir;
  }

  /** @param {string[]} parts @returns {string} a path inside this home, its folder made */
  path(...parts) {
    const file = path.join(this.dir, ...parts);
    mkdirSync(path.dirname(file), { recursive: true });
    return file;
  }

  /** @param {string} name @returns {any} what was remembered under that name, undefined when nothing (readable) was */
  recall(name) {
    try {
      return JSON.parse(readFileSync(path.join(this.dir, `${name}.json`), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** Written whole or not at all, and for the owner's eyes only: most of it are secrets. */
  remember(name, value) {
    const file = this.path(`${name}.json`);
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    chmodSync(draft, 0o600);
    renameSync(draft, file);
    return value;
  }

  /** @template T @param {string} name @param {() => T} make @returns {T} what is remembered, made on the first call */
  once(name, make) {
    return this.recall(name) ?? this.remember(name, make());
  }

  forget(name) {
    rmSync(path.join(this.dir, `${name}.json`), { force: true });
  }
}
