import { duringInit } from './run-state.js';

/** Read-only, and made when the script is loaded. */
export class SharedArray {
  constructor(name: string, make: () => unknown[]) {
    duringInit(`SharedArray ${name}`);
    return Object.freeze(make()) as SharedArray;
  }
}
