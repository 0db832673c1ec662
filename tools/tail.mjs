// Prints facts as they are said: npm run tail -- 'order.*' ['parcel.#' ...] [--json]
// The broker is the one of AMQP_URL, else the one of a running `npm start`.
import { parseArgs } from 'node:util';
import { runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { compiled, operatorsBroker } from './lib/operator.mjs';
import { tail } from './lib/tail.mjs';

runTool(async () => {
  const { positionals, values } = parseArgs({ options: { json: { type: 'boolean', default: false } }, allowPositionals: true });
  await compiled();
  await tail(positionals.length > 0 ? positionals : ['#'], await operatorsBroker(new Home()), values);
});
