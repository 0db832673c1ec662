import { Failure } from '@sluice/stack/failure';
import { runningRabbit, startRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import type { StateDirectory } from '@sluice/stack/state-directory';

interface TopologyBroker {
  url: string;
  managementUrl?: string | undefined;
  /** Stops a broker that was started for this command alone. */
  stop?: () => Promise<unknown>;
}

/** Whether each word belongs to a form of `npm run topology`. */
export function isTopologyAction([action, ...rest]: readonly string[], prune: boolean): boolean {
  if (action === undefined || prune) return action === undefined;
  return (action === 'listen' && rest.length === 2) || ((action === 'url' || action === 'switch') && rest.length === 1);
}

/**
 * The broker of AMQP_URL, else that of the running `npm start`. A queue is made anew while no service runs, so for
 * `switch` the private broker is started when it does not run.
 * @throws {Failure} when there is none
 */
export async function topologyBroker(
  action: string | undefined,
  stateDirectory: StateDirectory,
): Promise<TopologyBroker> {
  const { AMQP_URL: url, AMQP_MANAGEMENT_URL: managementUrl } = process.env;
  if (url) return { url, managementUrl: managementUrl || undefined };
  const running = await runningRabbit(stateDirectory);
  if (running) return { url: running.url, managementUrl: running.managementUrl };
  if (action === 'switch' && stateDirectory.recall('rabbitmq')) return startRabbit(stateDirectory);
  throw new Failure(
    'no broker: AMQP_URL is not set and no `npm start` is running here',
    'Start one (npm start), or set AMQP_URL and AMQP_MANAGEMENT_URL.',
  );
}
