import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { precompress } from './precompress.js';

export default defineConfig({
  plugins: [react(), precompress()],
  build: {
    target: 'es2023',
    // No file is inlined as data: the Content-Security-Policy allows scripts and styles of this server only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
