import { useState } from 'react';
import { NavLink } from 'react-router';
import { api } from '../api/client.js';
import { Field } from '../ui/field.js';
import { SwitchRow } from './switch-row.js';
import { useSwitchWords } from './switch-words.js';
import { Switches } from './switches.js';
import { useSwitchStates, useTurn, type SwitchStates } from './use-switches.js';

type Broker = NonNullable<SwitchStates['broker']>;
type ProviderState = SwitchStates['providers'][number];

/** A burst as somebody would ask for it first, and the most that there can be. */
const USUAL = 100;
const MOST = 500;

/** A link to the switches, where there are some. */
export const SwitchTab = () => {
  const words = useSwitchWords();
  return useSwitchStates() ? <NavLink to="/machine/switches">{words.tab}</NavLink> : null;
};

/** Everything that can be broken and mended on a development system. */
export const Switchboard = () => {
  const words = useSwitchWords();
  const states = useSwitchStates();
  if (!states) return null;
  const { services, broker, providers, burst } = states;
  return (
    <div className="switchboard">
      <p className="lead">{words.lead}</p>
      <section className="card">
        <h2>{words.bursts}</h2>
        <p className="hint">{words.burstsHint}</p>
        <Bursts burst={burst} />
      </section>
      <section className="card">
        <h2>{words.providers}</h2>
        <p className="hint">{words.providersHint}</p>
        {providers.map((one) => (
          <ProviderSwitches key={one.provider} {...one} />
        ))}
      </section>
      {broker && (
        <section className="card">
          <h2>{words.servers}</h2>
          <p className="hint">{words.brokerHint}</p>
          <BrokerSwitches state={broker} />
        </section>
      )}
      <section className="card">
        <h2>{words.services}</h2>
        {broker && <p className="hint">{words.networkHint}</p>}
        {services.map(({ service }) => (
          <Switches key={service} service={service} name={service} />
        ))}
      </section>
    </div>
  );
};

const BROKER_TURNS = { running: ['stop', 'crash'], starting: [], stopped: ['start'] } as const;

const BrokerSwitches = ({ state }: { state: Broker }) => {
  const words = useSwitchWords();
  const { turn, isTurning, problem } = useTurn();
  const turns = BROKER_TURNS[state].map((one) => ({
    label: words[one],
    onTurn: () => turn(() => api.POST('/ops/broker/{turn}', { params: { path: { turn: one } } })),
  }));
  return (
    <SwitchRow
      label={words.of(words.broker)}
      name={words.broker}
      state={words[state]}
      turns={turns}
      disabled={isTurning}
      problem={problem}
    />
  );
};

const ProviderSwitches = ({ provider, condition }: ProviderState) => {
  const words = useSwitchWords();
  const { turn, isTurning, problem } = useTurn();
  const name = words.provider[provider] ?? provider;
  const labels = {
    well: words.turnWell,
    slow: words.turnSlow,
    failing: words.turnFailing,
    refusing: words.turnRefusing,
  };
  const turns = (['well', 'slow', 'failing', 'refusing'] as const)
    .filter((one) => one !== condition)
    .map((one) => ({
      label: labels[one],
      onTurn: () =>
        turn(() =>
          api.POST('/ops/providers/{provider}/{condition}', { params: { path: { provider, condition: one } } }),
        ),
    }));
  return (
    <SwitchRow
      label={words.of(name)}
      name={name}
      state={words[condition]}
      turns={turns}
      disabled={isTurning}
      problem={problem}
    />
  );
};

const Bursts = ({ burst }: { burst: SwitchStates['burst'] }) => {
  const words = useSwitchWords();
  const [count, setCount] = useState(String(USUAL));
  const { turn, isTurning, problem } = useTurn();
  const send = (of: 'orders' | 'claims') => () =>
    turn(() => api.POST('/ops/bursts/{of}', { params: { path: { of } }, body: { count: Number(count) } }));
  const turns = [
    { label: words.sendOrders, onTurn: send('orders') },
    { label: words.sendClaims, onTurn: send('claims') },
  ];
  return (
    <>
      <Field
        label={words.count}
        type="number"
        min={1}
        max={MOST}
        value={count}
        onChange={({ target }) => setCount(target.value)}
      />
      <SwitchRow
        label={words.bursts}
        state={burst && burstText(burst, words)}
        turns={turns}
        disabled={isTurning || burst?.isRunning === true}
        problem={problem}
      />
    </>
  );
};

const burstText = (
  { of, accepted, refused, count }: NonNullable<SwitchStates['burst']>,
  words: ReturnType<typeof useSwitchWords>,
): string => `${words.burstOf[of](accepted, count)}${refused > 0 ? words.refused(refused) : ''}`;
