export { deadQueueOf, ownQueueOf, matchesFilter, letterOf, type LetterFilter, type DeadLetter } from './letter.js';
export { countLetters, readLetters, streamLetters } from './reading.js';
export { discard, redrive, type Republisher } from './redriving.js';
export { headline } from '../reason.js';
export { summarise, type Group, type Summary } from './summary.js';
export type { FetchedLetter, FetchOptions } from './fetching.js';
