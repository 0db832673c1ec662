import { duringInit } from './run-state.mjs';

/** Read-only, and made when the script is loaded. */
export class SharedArray {
  constructor(name, make) {
    duringInit(`SharedArray ${name}`);
    return Object.freeze(make());
  }
}
