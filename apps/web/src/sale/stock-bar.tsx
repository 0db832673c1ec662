import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { number } from '../i18n/format.js';
import type { Sale } from './sales.js';

/** What is left of a sale, as a bar that empties. */
export const StockBar = ({ sale: { remaining, quantity, sold, held } }: { sale: Sale }) => {
  const { t } = useTranslation();
  const values = { remaining: number(remaining), quantity: number(quantity) };
  return (
    <div className="stock-bar">
      <span className="level" style={{ '--level': remaining / quantity } as CSSProperties} />
      <p>
        {t('sale.remaining', values)} <span className="hint">{t('sale.sold', { sold, held })}</span>
      </p>
    </div>
  );
};
