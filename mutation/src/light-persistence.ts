/** As much of `@sluice/persistence` as the rules of the services load. */
export { collection } from '../../libs/persistence/src/collection.js';
export { newId } from '../../libs/persistence/src/ids.js';
export { log } from '../../libs/persistence/src/log.js';
