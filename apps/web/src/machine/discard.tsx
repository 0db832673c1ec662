import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { announce } from '../ui/notice.js';
import { useSend } from '../ui/use-send.js';
import { useSwitchWords } from './switch-words.js';

/** Removes one dead letter for good, after a second press. */
export const Discard = ({ queue, id, type }: { queue: string; id: string; type: string }) => {
  const words = useSwitchWords();
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const { send, isSending, problem } = useSend(async () => {
    const request = { params: { path: { queue } }, body: { ids: [id] } };
    const { data } = await ask(() => api.POST('/ops/dead-letters/{queue}/discard', request));
    announce(words.discarded(data.left));
    await queries.invalidateQueries({ queryKey: ['dead-letters'] });
  });
  if (!isAsking)
    return (
      <button type="button" className="link" aria-label={words.discardOne(type)} onClick={() => setAsking(true)}>
        {words.discard}
      </button>
    );
  return (
    <div className="actions" role="group" aria-label={words.discardSure}>
      <span>{words.discardSure}</span>
      <button type="button" disabled={isSending} onClick={() => send()}>
        {words.discardYes}
      </button>
      <button type="button" disabled={isSending} onClick={() => setAsking(false)}>
        {words.discardNo}
      </button>
      {problem && (
        <span className="fault" role="alert">
          {problem.message}
        </span>
      )}
    </div>
  );
};
