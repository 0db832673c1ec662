// Prints facts as they are said: npm run tail -- 'order.*' ['parcel.#' ...] [--json]
// The broker is the one of AMQP_URL, else the one of a running `npm start`.
import './lib/node-version.mjs';
import { runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { compiled, operatorsBroker } from './lib/operator.mjs';
import { tail } from './lib/tail.mjs';
import { commandLine } from './lib/usage.mjs';

runTool(async () => {
  const { words, values } = commandLine('tail');
  await compiled();
  await tail(words.length > 0 ? words : ['#'], await operatorsBroker(new Home()), { json: values.json ?? false });
});
