// @ts-nocheck
// Prints facts as they are said: npm run tail -- 'order.*' ['parcel.#' ...] [--json]
// The broker is the one of AMQP_URL, else the one of a running `npm start`.
import { runTool } from '@sluice/stack/failure';
import { Home } from '@sluice/stack/home';
import { compiled, operatorsBroker } from '@sluice/stack/rabbitmq/operator';
import { tail } from '../tail.js';
import { commandLine } from '@sluice/stack/usage';

runTool(async () => {
  const { words, values } = commandLine('tail');
  await compiled();
  await tail(words.length > 0 ? words : ['#'], await operatorsBroker(new Home()), { json: values.json ?? false });
});
