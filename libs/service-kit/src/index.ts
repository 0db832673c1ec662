export { CommonConfig, flag, Port, wholeNumber } from './environment.js';
export { serveHealth, type Check } from './health.js';
export { ServiceLogger } from './logger.js';
export { CONFIG, globalModule } from './providers.js';
export { Repeating } from './repeating.js';
export { prepare, runProcess, type Stop } from './run-process.js';
export { runService, startService, type Service, type ServiceOptions } from './run-service.js';
export { UnitsOfWork } from './units-of-work.js';
