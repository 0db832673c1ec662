import { memo, useCallback, useEffect, useState, type FormEvent } from 'react';
import { useSearchParams } from 'react-router';
import type { Problem } from '../api/problem.js';
import { useStream } from '../api/use-stream.js';
import { time } from '../i18n/format.js';
import { Field } from '../ui/field.js';
import { addressOf, asSubject, idOf, subjectOf, summaryOf, withMore, type Fact, type Facts } from './facts.js';
import { useWords } from './words.js';

/** Facts as they are said, all or those of one order. */
export const FactsView = () => {
  const words = useWords();
  const [params, setParams] = useSearchParams();
  const [pattern, subject] = [params.get('pattern') ?? '', params.get('subject') ?? ''];
  const [isHeld, setHeld] = useState(false);
  const { facts, skipped, problem } = useFacts(addressOf(pattern, subject), isHeld);
  const listen = (next: { pattern?: string; subject?: string }): void =>
    setParams({ ...(next.pattern && { pattern: next.pattern }), ...(next.subject && { subject: next.subject }) });
  const followOne = useCallback((fact: Fact) => setParams({ subject: subjectOf(fact) }), [setParams]);
  return (
    <>
      <p className="lead">{words.factsLead}</p>
      <Filter key={`${pattern} ${subject}`} pattern={pattern} subject={subject} onListen={listen} />
      <div className="actions">
        <button type="button" aria-pressed={isHeld} onClick={() => setHeld(!isHeld)}>
          {isHeld ? words.resume : words.stop}
        </button>
        {(pattern || subject) && (
          <button type="button" className="link" onClick={() => listen({})}>
            {words.everything}
          </button>
        )}
        {skipped > 0 && <span className="hint">{words.skipped(skipped)}</span>}
      </div>
      {problem && (
        <p className="fault" role="alert">
          {problem.message}
        </p>
      )}
      {facts.length === 0 && <p className="card">{words.noFacts}</p>}
      <ol className="facts card" hidden={facts.length === 0}>
        {facts.map((fact) => (
          <FactLine key={fact.id} fact={fact} onFollow={followOne} />
        ))}
      </ol>
    </>
  );
};

interface FilterProps {
  pattern: string;
  subject: string;
  onListen: (wanted: { pattern: string; subject: string }) => void;
}

const Filter = ({ pattern, subject, onListen }: FilterProps) => {
  const words = useWords();
  const listen = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const [types, typed] = [textOf(given, 'pattern'), textOf(given, 'subject')];
    onListen({ pattern: types, subject: typed === idOf(subject) ? subject : asSubject(typed) });
  };
  return (
    <form className="filter card" onSubmit={listen}>
      <Field
        label={words.pattern}
        hint={words.patternHint}
        name="pattern"
        defaultValue={pattern}
        pattern="[\w*#\-]+(\.[\w*#\-]+)*"
      />
      <Field
        label={words.subject}
        hint={words.subjectHint}
        name="subject"
        defaultValue={idOf(subject)}
        maxLength={128}
      />
      <button className="primary">{words.listen}</button>
    </form>
  );
};

const textOf = (form: FormData, name: string): string => String(form.get(name) ?? '').trim();

interface LineProps {
  fact: Fact;
  onFollow: (fact: Fact) => void;
}

/** Drawn once: up to 400 facts a second come. */
const FactLine = memo(({ fact, onFollow }: LineProps) => {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <button type="button" onClick={() => onFollow(fact)} title={words.followOne}>
        <time dateTime={fact.at}>{time(fact.at)}</time>
        <code className={`fact ${fact.type.split('.')[0]}`}>{fact.type}</code>
        <span className="about">{summaryOf(fact.data)}</span>
      </button>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>{fact.correlationId.slice(0, 8)}</summary>
        {isOpen && <pre>{JSON.stringify(fact.data, null, 2)}</pre>}
      </details>
    </li>
  );
});
FactLine.displayName = 'FactLine';

/** Newest first. While it is held, what is said is not shown. */
function useFacts(address: string, isHeld: boolean): Facts & { problem: Problem | undefined } {
  const [heard, setHeard] = useState<Facts>({ facts: [], skipped: 0 });
  useEffect(() => {
    if (!isHeld) setHeard({ facts: [], skipped: 0 });
  }, [address, isHeld]);
  const { problem } = useStream(isHeld ? undefined : address, {
    onEvent: ({ event, data }) => {
      if (event === 'facts') setHeard((before) => withMore(before, JSON.parse(data) as Facts));
    },
  });
  return { ...heard, problem };
}
