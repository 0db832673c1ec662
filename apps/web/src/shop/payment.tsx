import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import type { Problem } from '../api/problem.js';
import { money } from '../i18n/format.js';
import { Countdown } from '../ui/countdown.js';
import { Field } from '../ui/field.js';
import { useNow } from '../ui/use-now.js';
import { useSend } from '../ui/use-send.js';
import { remaining } from './countdown.js';
import type { SeenOrder } from './order.js';

/** Numbers that the fake card gateway knows, and what each does. */
const CARDS = [
  ['4242 4242 4242 4242', 'pays'],
  ['4000 0000 0000 0002', 'declined'],
  ['4000 0000 0000 0119', 'slow'],
] as const;

export const Payment = ({ seen }: { seen: SeenOrder }) => {
  const { t } = useTranslation();
  return (
    <section className="card payment">
      <h2>{t('order.payTitle')}</h2>
      <TimeLeft seen={seen} />
      <PaymentForm seen={seen} />
    </section>
  );
};

const TimeLeft = ({ seen: { order, saidAt } }: { seen: SeenOrder }) => {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const now = useNow();
  const left = remaining(order.secondsLeft ?? 0, saidAt, now);
  const window = (Date.parse(order.payBy ?? '') - Date.parse(order.placedAt)) / 1_000;
  const isOver = left === 0;
  useEffect(() => {
    if (isOver) void queries.invalidateQueries({ queryKey: ['order', order.id] });
  }, [isOver, order.id, queries]);
  const label = t('order.minutes', { minutes: Math.floor(left / 60), seconds: left % 60 });
  return (
    <div className="time-left">
      <Countdown left={left} of={window} label={label} />
      <p>{t(isOver ? 'order.timeOver' : 'order.timeLeft')}</p>
    </div>
  );
};

const PaymentForm = ({ seen: { order } }: { seen: SeenOrder }) => {
  const { t } = useTranslation();
  const [card, setCard] = useState('');
  const [isPending, setPending] = useState(false);
  const { send, isSending, problem } = useSend(async (number: string) => {
    const params = { path: { id: order.id } };
    const { data } = await ask(() => api.POST('/orders/{id}/payment', { params, body: { card: number } }));
    setPending(data.status === 'pending');
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send(card.replaceAll(/\D/g, ''));
  };
  if (isPending) return <p role="status">{t('order.payPending')}</p>;
  return (
    <form onSubmit={submit}>
      <Field
        label={t('order.card')}
        inputMode="numeric"
        autoComplete="off"
        required
        value={card}
        onChange={({ target }) => setCard(target.value)}
        fault={faultText(t, problem)}
      />
      <TestCards onChoose={setCard} />
      <button className="primary" disabled={isSending}>
        {isSending ? t('order.paying') : t('order.pay', { amount: money(order.total) })}
      </button>
    </form>
  );
};

const TestCards = ({ onChoose }: { onChoose: (card: string) => void }) => {
  const { t } = useTranslation();
  return (
    <div className="test-cards">
      <p>{t('order.cards')}</p>
      <ul>
        {CARDS.map(([card, effect]) => (
          <li key={card}>
            <button type="button" className="link" onClick={() => onChoose(card)}>
              {card}
            </button>{' '}
            {t(`order.card_${effect}`)}
          </li>
        ))}
      </ul>
    </div>
  );
};

const WHY_NOT = {
  402: 'order.declined',
  409: 'order.notPayable',
  422: 'order.unknownCard',
  429: 'order.cardsTooMany',
} as const;

const faultText = (t: ReturnType<typeof useTranslation>['t'], problem: Problem | undefined): string | undefined => {
  if (!problem) return undefined;
  const key = WHY_NOT[problem.status as keyof typeof WHY_NOT];
  return key ? t(key) : t('common.failed', { why: problem.message });
};
