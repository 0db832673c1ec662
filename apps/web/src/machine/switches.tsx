import { api } from '../api/client.js';
import { SwitchRow } from './switch-row.js';
import { useSwitchWords } from './switch-words.js';
import { useSwitchStates, useTurn, type SwitchStates } from './use-switches.js';

type ServiceState = SwitchStates['services'][number];
type Network = NonNullable<ServiceState['network']>;

const TURNS = {
  running: ['stop', 'freeze', 'crash'],
  frozen: ['start', 'stop'],
  stopped: ['start'],
} as const;
const NETWORK_TURNS = { connected: ['cut', 'delay'], delayed: ['connect', 'cut'], cut: ['connect'] } as const;

/** Stops, starts, freezes or crashes a service, or cuts it off from the broker, on a development system. */
export const Switches = ({ service, name }: { service: string; name?: string }) => {
  const state = useSwitchStates()?.services.find((one) => one.service === service);
  return state ? <ServiceSwitches state={state} name={name} /> : null;
};

const ServiceSwitches = ({ state, name }: { state: ServiceState; name: string | undefined }) => {
  const words = useSwitchWords();
  const { turn, isTurning, problem } = useTurn();
  const { service, network } = state;
  const press = (to: (typeof TURNS)[ServiceState['state']][number] | (typeof NETWORK_TURNS)[Network][number]) => () =>
    turn(() => api.POST('/ops/switches/{service}/{turn}', { params: { path: { service, turn: to } } }));
  const networkWords = { cut: words.turnCut, delay: words.turnDelay, connect: words.turnConnect };
  const networkTurns = network && state.state !== 'stopped' ? NETWORK_TURNS[network] : [];
  return (
    <SwitchRow
      label={words.of(service)}
      name={name}
      state={`${words[state.state]}${network && network !== 'connected' ? ` ${words[network]}` : ''}`}
      disabled={isTurning}
      problem={problem}
      turns={[
        ...TURNS[state.state].map((one) => ({ label: words[one], onTurn: press(one) })),
        ...networkTurns.map((one) => ({ label: networkWords[one], onTurn: press(one) })),
      ]}
    />
  );
};
