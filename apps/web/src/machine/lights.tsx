import { useFeed } from './feed.js';
import { time } from '../i18n/format.js';
import { useWords } from './words.js';

/** What always holds, and what the services depend on, as lights. */
export const Lights = () => {
  const words = useWords();
  return (
    <div className="light-cards">
      <section className="card">
        <h2>{words.invariants}</h2>
        <p className="hint">{words.invariantsLead}</p>
        <Invariants />
      </section>
      <section className="card">
        <h2>{words.dependencies}</h2>
        <Dependencies />
      </section>
    </div>
  );
};

const Invariants = () => {
  const words = useWords();
  const { snapshot } = useFeed();
  const verdictOn = (violations: number | undefined): [tone: string, text: string] => {
    if (violations === undefined) return ['unknown', words.unchecked];
    return violations === 0 ? ['good', words.holds] : ['bad', words.violated(violations)];
  };
  return (
    <ul className="lights">
      {snapshot?.invariants.map(({ service, name, violations }) => {
        const [tone, text] = verdictOn(violations);
        return (
          <li key={`${service} ${name}`} className={tone}>
            <span className={`lamp ${tone}`} />
            <span>
              {name.replaceAll('_', ' ')} <small>{service}</small>
            </span>
            <span className="verdict-text">{text}</span>
          </li>
        );
      })}
    </ul>
  );
};

const Dependencies = () => {
  const words = useWords();
  const { snapshot } = useFeed();
  return (
    <ul className="lights">
      {snapshot?.dependencies.map(({ service, name, state, since, because }) => (
        <li key={`${service} ${name}`} className={state === 'sick' ? 'bad' : 'good'}>
          <span className={`lamp ${state === 'sick' ? 'bad' : 'good'}`} />
          <span>
            {name} <small>{service}</small>
          </span>
          <span className="verdict-text">
            {state === 'sick' ? `${because ?? ''} ${since ? `${words.since} ${time(since)}` : ''}` : words.healthy}
          </span>
        </li>
      ))}
    </ul>
  );
};
