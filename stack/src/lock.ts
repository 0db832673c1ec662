// @ts-nocheck
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive } from './processes.js';

/** @param {string} file @returns {object | undefined} what its holder wrote, undefined when nobody (alive) holds it */
export function holderOf(file) {
  const holder = read(file);
  return isAlive(holder) ? holder : undefined;
}

/**
 * Takes a lock that its holder's death releases.
 * @param {string} file @param {object} [about] what others may read about the holder
 * @returns {(() => void) | undefined} what releases it; undefined when a living process holds it
 */
export function tryLock(file, about = {}) {
  const mine = { ...identify(process.pid), ...about };
  clearDead(file);
  try {
    writeFileSync(file, JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  }
  return () => read(file)?.pid === process.pid && rmSync(file, { force: true });
}

/** Moved aside under a name of its own first: of two that find the same dead holder only one succeeds. */
function clearDead(file) {
  const holder = read(file);
  if (holder === undefined || isAlive(holder)) return;
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (isAlive(read(aside)))
    renameSync(aside, file); // somebody was quicker and this is theirs
  else rmSync(aside, { force: true });
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Does something while no other process does.
 * @template T @param {string} file @param {() => Promise<T>} work @param {() => void} [onWait] called once when it must wait
 * @returns {Promise<T>}
 */
export async function withLock(file, work, onWait = () => {}) {
  let release = tryLock(file);
  if (!release) onWait();
  for (; !release; release = tryLock(file)) await sleep(200);
  try {
    return await work();
  } finally {
    release();
  }
}
