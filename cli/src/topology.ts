import { administratorsBroker } from '@sluice/stack/rabbitmq/administration';
import { runningRabbit, startRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import type { Broker } from '@sluice/stack/rabbitmq/users';
import type { StateDirectory } from '@sluice/stack/state-directory';

interface TopologyBroker extends Broker {
  /** Stops a broker that was started for this command alone. */
  stop?: () => Promise<unknown>;
}

/** Whether each word belongs to a form of `npm run topology`. */
export function isTopologyAction([action, ...rest]: readonly string[], prune: boolean): boolean {
  if (action === undefined || prune) return action === undefined;
  return (action === 'listen' && rest.length === 2) || ((action === 'url' || action === 'switch') && rest.length === 1);
}

/** The administrator's broker. For `switch`, while no service runs, the private one is started when it does not run. */
export async function topologyBroker(
  action: string | undefined,
  stateDirectory: StateDirectory,
): Promise<TopologyBroker> {
  const startsIt = action === 'switch' && !process.env['AMQP_URL'] && stateDirectory.recall('rabbitmq');
  if (startsIt && !(await runningRabbit(stateDirectory))) return startRabbit(stateDirectory);
  return administratorsBroker(stateDirectory);
}
