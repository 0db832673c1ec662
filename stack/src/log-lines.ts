// @ts-nocheck
import { createWriteStream, existsSync, fchmodSync, openSync, renameSync } from 'node:fs';

const COLOURS = [36, 33, 35, 32, 34, 96, 93, 95];
const LOUD = { warn: 33, error: 31, fatal: 31 };

/** A service's JSON log line as people read it; any other line as it is. */
export function readable(line) {
  const entry = parse(line);
  if (!entry?.msg && !entry?.level) return line;
  const { time, level, msg, stack, messageType, correlationId } = entry;
  const about = [messageType, correlationId && `[${correlationId}]`].filter(Boolean).join(' ');
  const head = [String(time ?? '').slice(11, 23), level, msg, about].filter(Boolean).join(' ');
  return stack ? `${head}\n${stack}` : head;
}

function parse(line) {
  try {
    return line.startsWith('{') ? JSON.parse(line) : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} service @param {string} line @param {boolean} coloured */
export function prefixed(service, line, coloured) {
  const label = service.padEnd(13);
  if (!coloured) return `${label} │ ${readable(line)}`;
  const colour = COLOURS[[...service].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % COLOURS.length];
  const loud = LOUD[parse(line)?.level];
  const text = loud ? `\x1b[${loud}m${readable(line)}\x1b[0m` : readable(line);
  return `\x1b[${colour}m${label} │\x1b[0m ${text}`;
}

/** A server's log, begun anew, for its owner alone: also one that was there before. @returns {number} the open file */
export function openLog(file) {
  const log = openSync(file, 'w', 0o600);
  fchmodSync(log, 0o600);
  return log;
}

/** A file per service; the one before it is kept as `.1`. Bytes. */
const ROTATE_AT = 20 * 1024 * 1024;

export class LogFile {
  #written = 0;

  /** @param {string} file */
  constructor(file) {
    this.file = file;
    this.#open();
  }

  write(line) {
    this.#written += line.length + 1;
    this.stream.write(`${line}\n`);
    if (this.#written > ROTATE_AT) this.#open();
  }

  #open() {
    this.stream?.end();
    if (existsSync(this.file)) renameSync(this.file, `${this.file}.1`);
    this.stream = createWriteStream(this.file, { mode: 0o600 });
    this.#written = 0;
  }
}
