/** The release of Node.js with which `npm run bench` measured the gain below (docs/performance.md). */
const FASTER = 24;

/** Recommends a newer Node.js to whoever runs an older one. @returns undefined where there is nothing to gain */
export const fasterNodeLine = (version: string): string | undefined =>
  Number.parseInt(version, 10) < FASTER
    ? `this is Node.js ${version}: with Node.js ${FASTER} the same machine completes a quarter more orders (nvm install ${FASTER})`
    : undefined;
