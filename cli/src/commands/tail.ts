// @ts-nocheck
// Prints facts as they are said: npm run tail -- 'order.*' ['parcel.#' ...] [--json]
// The broker is the one of AMQP_URL, else the one of a running `npm start`.
import { runCommand } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { compiled, operatorsBroker } from '@sluice/stack/rabbitmq/operator';
import { tail } from '../tail.js';
import { commandLine } from '@sluice/stack/usage';

runCommand(async () => {
  const { words, values } = commandLine('tail');
  await compiled();
  await tail(words.length > 0 ? words : ['#'], await operatorsBroker(new StateDirectory()), {
    json: values.json ?? false,
  });
});
