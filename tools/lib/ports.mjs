import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

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

const chosen = new Set();

/** @param {number} [preferred] taken when it is free: the port of the last start @returns {Promise<number>} a free port */
export async function freePort(preferred) {
  for (let port = preferred ?? randomInt(FROM, TO); ; port = randomInt(FROM, TO)) {
    const given = chosen.has(port) && port !== preferred; // the port of the last start went to the same purpose
    if (given || !(await isFree(port))) continue;
    chosen.add(port);
    return port;
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
