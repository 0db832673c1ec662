// The broker's firehose: npm run trace -- on prints every message that is published or delivered until Ctrl-C; -- off after one that was killed.
// The broker is the one of AMQP_URL and AMQP_MANAGEMENT_URL, else the one of a running `npm start`.
import { parseArgs } from 'node:util';
import { Failure, runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { compiled, operatorsBroker } from './lib/operator.mjs';
import { traceOff, traceOn } from './lib/trace.mjs';

runTool(async () => {
  const { positionals: [state, ...rest], values } = parseArgs({ options: { json: { type: 'boolean', default: false } }, allowPositionals: true });
  if ((state !== 'on' && state !== 'off') || rest.length > 0) throw new Failure('on or off?', 'npm run trace -- on, which ends with Ctrl-C; npm run trace -- off');
  await compiled();
  const broker = await operatorsBroker(new Home());
  if (state === 'on') return traceOn(broker, values);
  await traceOff(broker);
  console.log('the firehose is off');
});
