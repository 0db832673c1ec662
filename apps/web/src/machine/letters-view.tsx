import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { day } from '../i18n/format.js';
import { announce } from '../ui/notice.js';
import { useSend } from '../ui/use-send.js';
import { Discard } from './discard.js';
import { useWords } from './words.js';

const SHOWN = 20;

const readLetters = async (signal: AbortSignal) =>
  (await ask(() => api.GET('/ops/dead-letters', { params: { query: { limit: SHOWN } }, signal }), { signal })).data;

type Letters = Awaited<ReturnType<typeof readLetters>>;
type LettersOfQueue = Letters['queues'][number];
type Letter = LettersOfQueue['letters'][number];

/** The dead letters of all queues: why, after which tries, and the way home. */
export const LettersView = () => {
  const words = useWords();
  const { data, refetch, isFetching } = useQuery({
    queryKey: ['dead-letters'],
    queryFn: ({ signal }) => readLetters(signal),
  });
  const queues = data?.queues.filter(({ count }) => count > 0) ?? [];
  return (
    <>
      <div className="actions">
        <p className="lead">{words.lettersLead}</p>
        <button type="button" disabled={isFetching} onClick={() => void refetch()}>
          {words.refresh}
        </button>
      </div>
      {data && data.unanswered.length > 0 && <p className="fault">{words.unanswered(data.unanswered.join(', '))}</p>}
      {data && queues.length === 0 && <p className="card">{words.noLetters}</p>}
      {queues.map((queue) => (
        <QueueLetters key={queue.queue} {...queue} />
      ))}
      {queues.length > 0 && <p className="hint">{words.discardHint}</p>}
    </>
  );
};

const QueueLetters = ({ queue, count, letters }: LettersOfQueue) => {
  const words = useWords();
  const queries = useQueryClient();
  const { send, isSending, problem } = useSend(async () => {
    const params = { path: { queue } };
    const { data } = await ask(() => api.POST('/ops/dead-letters/{queue}/redrive', { params }));
    announce(words.redriven(data.moved, data.left));
    await queries.invalidateQueries({ queryKey: ['dead-letters'] });
  });
  return (
    <section className="card letters">
      <header>
        <h2>
          {queue} <span className="badge">{count}</span>
        </h2>
        <button
          type="button"
          className="primary"
          disabled={isSending}
          aria-label={words.redriveOf(queue)}
          onClick={() => send()}
        >
          {words.redrive}
        </button>
      </header>
      {problem && (
        <p className="fault" role="alert">
          {problem.message}
        </p>
      )}
      {count > letters.length && <p className="hint">{words.firstOf(letters.length, count)}</p>}
      <ol>
        {letters.map((letter, index) => (
          <LetterItem key={letter.id ?? index} letter={letter} queue={queue} />
        ))}
      </ol>
    </section>
  );
};

const LetterItem = ({ letter, queue }: { letter: Letter; queue: string }) => {
  const words = useWords();
  return (
    <li>
      <p>
        <code>{letter.type ?? '?'}</code> <strong>{letter.reason}</strong>
      </p>
      <p className="hint">
        {letter.failedAt && `${day(letter.failedAt)} · `}
        {words.tries(letter.attempts)}
        {letter.redriven > 0 && ` · ${words.redrivenTimes(letter.redriven)}`}
        {letter.correlationId && ` · ${letter.correlationId}`}
      </p>
      {letter.id !== undefined && <Discard queue={queue} id={letter.id} type={letter.type ?? letter.id} />}
      {letter.history.length > 0 && (
        <ol className="history">
          {letter.history.map(({ at, reason }, index) => (
            <li key={index}>
              <time dateTime={at}>{day(at)}</time> {reason}
            </li>
          ))}
        </ol>
      )}
    </li>
  );
};
