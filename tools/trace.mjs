// The broker's firehose: npm run trace -- on prints every message that is published or delivered until Ctrl-C; -- off after one that was killed.
// The broker is the one of AMQP_URL and AMQP_MANAGEMENT_URL, else the one of a running `npm start`.
import './lib/node-version.mjs';
import { runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { compiled, operatorsBroker } from './lib/operator.mjs';
import { traceOff, traceOn, understoodTrace } from './lib/trace.mjs';
import { commandLine } from './lib/usage.mjs';

runTool(async () => {
  const { state, json } = understoodTrace(commandLine('trace'));
  await compiled();
  const broker = await operatorsBroker(new Home());
  if (state === 'on') return traceOn(broker, { json });
  await traceOff(broker);
  console.log('the firehose is off');
});
