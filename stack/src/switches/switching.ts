import type { Broker } from '../rabbitmq/users.js';
import type { Supervisor } from '../services/supervisor.js';
import { ShopClient } from '../shop-client.js';
import type { Shutdown } from '../shutdown.js';
import { Bursts } from './bursts.js';
import type { Send } from './fakes.js';
import { Network } from './network.js';
import { ServerSwitch } from './server-switch.js';
import { ServiceSwitches } from './service-switches.js';
import { Switches } from './switches.js';

export interface SwitchedSystem {
  supervisor: Supervisor;
  /** As the services reach it. */
  broker: Broker;
  /** Of the gateway. */
  port: number;
  tokenPrivateKey: string;
}

/** The switches of a system that is being started. */
export class Switching {
  /** Absent when the broker is not our own; then its network is not ours either. */
  readonly broker: ServerSwitch | undefined;
  #switches: Switches | undefined;

  constructor(killBroker: (() => Promise<void>) | undefined) {
    this.broker = killBroker && new ServerSwitch(killBroker);
  }

  /** What a process of that service says over its pipe. */
  readonly hear = (service: string, message: unknown, send: Send): void => this.#switches?.hear(service, message, send);

  /** Before the services are started. */
  async open({ supervisor, broker, port, tokenPrivateKey }: SwitchedSystem, shutdown: Shutdown): Promise<void> {
    // Loads the library that signs, which takes longer than a short command.
    const { tokensBy } = await import('../services/tokens.js');
    const rewire = (service: string, to: number): void => supervisor.rewire(service, to);
    const network = this.broker && new Network(Number(new URL(broker.url).port), rewire);
    await shutdown.add('network', async () => network?.close());
    this.#switches = new Switches({
      services: new ServiceSwitches(supervisor, network),
      broker: this.broker,
      bursts: new Bursts(new ShopClient(`http://127.0.0.1:${port}`), tokensBy(tokenPrivateKey)),
    });
  }
}
