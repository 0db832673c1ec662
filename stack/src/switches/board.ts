import type { Broker } from '../rabbitmq/users.js';
import type { Supervisor } from '../services/supervisor.js';
import { tokensBy } from '../services/tokens.js';
import { ShopClient } from '../shop-client.js';
import { Bursts } from './bursts.js';
import { Network } from './network.js';
import type { ServerSwitch } from './server-switch.js';
import { ServiceSwitches } from './service-switches.js';
import { Switches } from './switches.js';

export interface SwitchedSystem {
  supervisor: Supervisor;
  /** As the services reach it. */
  broker: Broker;
  /** Absent when the broker is not our own; then its network is not ours either. */
  brokerSwitch: ServerSwitch | undefined;
  /** Of the gateway. */
  port: number;
  tokenPrivateKey: string;
}

/** The switches of a system, and what ends those that are under way. */
export function switchesOf(system: SwitchedSystem): { switches: Switches; close: () => Promise<void> } {
  const { supervisor, broker, brokerSwitch, port, tokenPrivateKey } = system;
  const rewire = (service: string, to: number): void => supervisor.rewire(service, to);
  const network = brokerSwitch && new Network(Number(new URL(broker.url).port), rewire);
  const switches = new Switches({
    services: new ServiceSwitches(supervisor, network),
    broker: brokerSwitch,
    bursts: new Bursts(new ShopClient(`http://127.0.0.1:${port}`), tokensBy(tokenPrivateKey)),
  });
  return { switches, close: async () => network?.close() };
}
