import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const POLL_MS = 100;

/**
 * Passes on the lines that are appended to a log from now on, also after its rotation.
 * @returns what ends it
 */
export function followLog(file: string, onLine: (line: string) => void): () => void {
  const size = (): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  let position = size();
  let rest = '';
  let decoder = new StringDecoder('utf8');
  const poll = (): void => {
    const end = size();
    if (end < position) [position, rest, decoder] = [0, '', new StringDecoder('utf8')]; // a new file
    if (end === position) return;
    const lines = (rest + decoder.write(read(file, position, end))).split('\n');
    position = end;
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  };
  const timer = setInterval(poll, POLL_MS);
  return () => {
    clearInterval(timer);
    poll();
  };
}

function read(file: string, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(to - from);
  const opened = openSync(file, 'r');
  try {
    return buffer.subarray(0, readSync(opened, buffer, 0, buffer.length, from));
  } finally {
    closeSync(opened);
  }
}
