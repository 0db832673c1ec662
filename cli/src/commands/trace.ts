// @ts-nocheck
// The broker's firehose: npm run trace -- on prints every message that is published or delivered until Ctrl-C; -- off after one that was killed.
// The broker is the one of AMQP_URL and AMQP_MANAGEMENT_URL, else the one of a running `npm start`.
import { runCommand } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { compiled, operatorsBroker } from '@sluice/stack/rabbitmq/operator';
import { traceOff, traceOn, understoodTrace } from '../trace.js';
import { commandLine } from '@sluice/stack/usage';

runCommand(async () => {
  const { state, json } = understoodTrace(commandLine('trace'));
  await compiled();
  const broker = await operatorsBroker(new StateDirectory());
  if (state === 'on') return traceOn(broker, { json });
  await traceOff(broker);
  console.log('the firehose is off');
});
