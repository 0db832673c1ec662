import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXT = /\.(?:html|js|css|svg|json)$/;
const BEST = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };

/** Compresses the files of the page once, at the build, as well as it can be done: each is served many times. */
export const precompress = (): Plugin => ({
  name: 'precompress',
  apply: 'build',
  writeBundle({ dir = 'dist' }) {
    const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((file) => TEXT.test(file));
    for (const file of files.map((name) => path.join(dir, name))) {
      const text = readFileSync(file);
      writeFileSync(`${file}.br`, brotliCompressSync(text, BEST));
      writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
    }
  },
});
