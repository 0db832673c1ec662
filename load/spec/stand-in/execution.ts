import { run } from './run-state.js';

export default { scenario: run.scenario, vu: run.vu };
