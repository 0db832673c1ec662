export * from './broker.js';
export * from './eventually.js';
export * from './given-message.js';
export * from './database.js';
export * from './program.js';
export * from './system.js';
export * from './tap.js';
