/** The oldest release of Node.js that needs less processor time for an order than Node.js 20. */
const FASTER = 24;

/** Recommends a newer Node.js to whoever runs an older one. @returns undefined where there is nothing to gain */
export const fasterNodeLine = (version: string): string | undefined =>
  Number.parseInt(version, 10) < FASTER
    ? `this is Node.js ${version}: with Node.js ${FASTER} the same machine completes more orders (nvm install ${FASTER})`
    : undefined;
