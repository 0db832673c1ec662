import { createWriteStream, existsSync, fchmodSync, openSync, renameSync, type WriteStream } from 'node:fs';

const COLOURS = [36, 33, 35, 32, 34, 96, 93, 95];
const LOUD: Record<string, number> = { warn: 33, error: 31, fatal: 31 };

/** The fields of a service's log line that people read. */
interface LogEntry {
  time?: string;
  level?: string;
  msg?: string;
  stack?: string;
  messageType?: string;
  correlationId?: string;
}

/** A service's JSON log line as people read it; any other line as it is. */
export function readable(line: string): string {
  const entry = parse(line);
  if (!entry?.msg && !entry?.level) return line;
  const { time, level, msg, stack, messageType, correlationId } = entry;
  const about = [messageType, correlationId && `[${correlationId}]`].filter(Boolean).join(' ');
  const head = [(time ?? '').slice(11, 23), level, msg, about].filter(Boolean).join(' ');
  return stack ? `${head}\n${stack}` : head;
}

function parse(line: string): LogEntry | undefined {
  try {
    return line.startsWith('{') ? texts(JSON.parse(line) as object) : undefined;
  } catch {
    return undefined;
  }
}

const texts = (entry: object): LogEntry =>
  Object.fromEntries(
    Object.entries(entry).flatMap(([name, value]) => (typeof value === 'object' ? [] : [[name, String(value)]])),
  ) as LogEntry;

/** @param coloured for a terminal */
export function prefixed(service: string, line: string, coloured: boolean): string {
  const label = service.padEnd(13);
  if (!coloured) return `${label} │ ${readable(line)}`;
  const colour = COLOURS[[...service].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % COLOURS.length];
  const loud = LOUD[parse(line)?.level ?? ''];
  const text = loud ? `\x1b[${loud}m${readable(line)}\x1b[0m` : readable(line);
  return `\x1b[${colour}m${label} │\x1b[0m ${text}`;
}

/** Opens a server's log, begun anew, for its owner alone: also one that was there before. @returns the open file */
export function openLog(file: string): number {
  const log = openSync(file, 'w', 0o600);
  fchmodSync(log, 0o600);
  return log;
}

/** A file per service; the one before it is kept as `.1`. Bytes. */
const ROTATE_AT = 20 * 1024 * 1024;

export class LogFile {
  #written = 0;
  #stream: WriteStream;

  constructor(private readonly file: string) {
    this.#stream = this.#open();
  }

  write(line: string): void {
    this.#written += line.length + 1;
    this.#stream.write(`${line}\n`);
    if (this.#written > ROTATE_AT) this.#rotate();
  }

  #rotate(): void {
    this.#stream.end();
    this.#stream = this.#open();
    this.#written = 0;
  }

  #open(): WriteStream {
    if (existsSync(this.file)) renameSync(this.file, `${this.file}.1`);
    return createWriteStream(this.file, { mode: 0o600 });
  }
}
