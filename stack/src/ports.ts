// @ts-nocheck
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Below what systems hand out to outgoing connections (32768 on Linux), so that a choice stays free until it is used. */
const FROM = 21_000;
const TO = 32_000;

/** @param {number} port @param {string} [host] */
export function isFree(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A file for each port that a process of this machine has chosen: between the choice and the moment in which somebody listens
 * there, the port is free for everybody else. The same files as testing/src/free-port.ts, which shares no code with tools.
 */
const CLAIMS = path.join(tmpdir(), 'sluice-ports');
const claimOf = (port) => path.join(CLAIMS, String(port));
const chosen = new Set();

process.once('exit', () => chosen.forEach((port) => rmSync(claimOf(port), { force: true })));

/** @returns {boolean} whether nobody who lives has chosen it */
function claim(port, tries = 2) {
  try {
    mkdirSync(CLAIMS, { recursive: true, mode: 0o777 });
    writeFileSync(claimOf(port), String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') return error.code !== 'EACCES' && error.code !== 'EPERM'; // nowhere to write: then without
    if (tries === 1 || lives(holderOf(port))) return false;
    rmSync(claimOf(port), { force: true });
    return claim(port, tries - 1);
  }
}

function holderOf(port) {
  try {
    return Number(readFileSync(claimOf(port), 'utf8'));
  } catch {
    return 0;
  }
}

function lives(pid) {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM'; // somebody else's
  }
}

/** @param {number} [preferred] taken when it is free: the port of the last start @returns {Promise<number>} a free port */
export async function freePort(preferred) {
  for (let port = preferred ?? randomInt(FROM, TO); ; port = randomInt(FROM, TO)) {
    const again = chosen.has(port) && port === preferred; // the port of the last start went to the same purpose
    if (!again && !claim(port)) continue;
    chosen.add(port);
    if (await isFree(port)) return port;
  }
}

/** @template {string} K @param {K[]} names @param {Partial<Record<K, number>>} [last] @returns {Promise<Record<K, number>>} */
export async function freePorts(names, last = {}) {
  const ports = {};
  for (const name of names) ports[name] = await freePort(last[name]);
  return ports;
}

/** @param {number} port @returns {Promise<boolean>} whether somebody accepts connections there */
export function accepts(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const answer = (yes) => () => (socket.destroy(), resolve(yes));
    socket.once('connect', answer(true)).once('error', answer(false)).setTimeout(1_000, answer(false));
  });
}
