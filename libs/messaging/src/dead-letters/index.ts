export { deadQueueOf, homeOf, isChosen, letterOf, type Choice, type DeadLetter } from './letter.js';
export { countLetters, look, looking } from './looking.js';
export { discard, redrive, type Republisher } from './redriving.js';
export { headline } from '../reason.js';
export { summarise, type Group, type Summary } from './summary.js';
export type { Taken, Taking } from './taking.js';
