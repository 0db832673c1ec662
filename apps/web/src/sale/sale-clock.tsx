import { useTranslation } from 'react-i18next';
import { serverNow } from '../api/server-clock.js';
import { clock } from '../i18n/format.js';
import { useNow } from '../ui/use-now.js';
import type { Sale } from './sales.js';

/** Counts down to the opening, then to the end, by the clock of the server. */
export const SaleClock = ({ sale: { state, opensAt, closesAt } }: { sale: Sale }) => {
  const { t } = useTranslation();
  useNow();
  if (state === 'closed') return null;
  const [key, until] = state === 'scheduled' ? (['opensIn', opensAt] as const) : (['closesIn', closesAt] as const);
  const left = Math.max(0, Math.ceil((Date.parse(until) - serverNow()) / 1_000));
  return (
    <p className={`sale-clock ${state}`}>
      {t(`sale.${key}`)} <strong>{clock(left)}</strong>
    </p>
  );
};
