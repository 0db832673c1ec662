import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { CheckIcon } from '../ui/icons.js';
import { hasFailed, stepsDone, stepsOf, type Order } from './order.js';

/** The way of an order as water in a channel: it has passed the gates that are done. */
export const Channel = ({ order }: { order: Order }) => {
  const { t } = useTranslation();
  const steps = stepsOf(order);
  const filled = (stepsDone(order) - 0.5) / steps.length;
  return (
    <ol
      className={`channel ${hasFailed(order) ? 'dry' : ''}`}
      aria-label={t('order.progress')}
      style={{ '--filled': `${Math.min(1, order.status === 'completed' ? 1 : filled) * 100}%` } as CSSProperties}
    >
      {steps.map(({ step, isDone, isNow }) => (
        <li key={step} className={isDone ? 'done' : isNow ? 'now' : ''} aria-current={isNow ? 'step' : undefined}>
          <span className="gate">{isDone && <CheckIcon />}</span>
          <span>{t(`order.step_${step}`)}</span>
        </li>
      ))}
    </ol>
  );
};
