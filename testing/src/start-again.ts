import { isFree } from '@sluice/stack/ports';
import { eventually } from './eventually.js';

const WITHIN_MS = 60_000;

/** Starts a killed server at its former address. It holds its port until its last thread or session has ended. */
export const startAgain = (url: string, start: () => Promise<{ url: string }>): Promise<void> =>
  eventually(
    async () => {
      const port = Number(new URL(url).port);
      if (!(await isFree(port))) throw new Error(`port ${port} is in use`);
      const { url: now } = await start();
      if (now !== url) throw new Error(`the server came back at ${now} and not at ${url}`);
    },
    { withinMs: WITHIN_MS },
  );
