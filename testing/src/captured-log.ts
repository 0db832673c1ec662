import fs from 'node:fs';

const STDOUT = 1;

/** Captures the log of this process instead of writing it: services log to standard output with `writeSync`. */
export function captureLog() {
  const { writeSync } = fs;
  let text = '';
  fs.writeSync = ((fd: number, data: string | NodeJS.ArrayBufferView, ...rest: never[]) => {
    if (fd !== STDOUT) return writeSync(fd, data as string, ...rest);
    const bytes =
      typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    text += bytes.toString();
    return bytes.length;
  }) as typeof fs.writeSync;
  return {
    text: () => text,
    /** Ends the capture: what comes later is written as usual. */
    release: () => void (fs.writeSync = writeSync),
  };
}

export type CapturedLog = ReturnType<typeof captureLog>;
