import { run } from './run-state.mjs';

export default { scenario: run.scenario, vu: run.vu };
