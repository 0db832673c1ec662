import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { isProblem } from '../api/problem.js';
import { useSend } from '../ui/use-send.js';
import { isCancellable, type Order } from './order.js';

export const Cancellation = ({ order }: { order: Order }) => {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const { send, isSending, problem } = useSend(async () => {
    const params = { path: { id: order.id } };
    await ask(() => api.POST('/orders/{id}/cancellation', { params })).finally(() => setAsked(false));
    // Its stream tells what became of it; an order that has ended has none any more.
    await queries.invalidateQueries({ queryKey: ['order', order.id] });
  });
  const isTooLate = isProblem(problem, 409);
  if (isTooLate) return <p role="alert">{t('order.tooLate')}</p>;
  if (!isCancellable(order)) return null;
  if (!isAsked)
    return (
      <button type="button" className="link danger" onClick={() => setAsked(true)}>
        {t('order.cancel')}
      </button>
    );
  return (
    <div className="actions" role="group" aria-label={t('order.cancelAsk')}>
      <p>{t('order.cancelAsk')}</p>
      <button type="button" className="danger" disabled={isSending} onClick={() => send()} autoFocus>
        {t('order.cancelYes')}
      </button>
      <button type="button" onClick={() => setAsked(false)}>
        {t('order.cancelNo')}
      </button>
    </div>
  );
};
