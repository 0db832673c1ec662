import { useTranslation } from 'react-i18next';
import { ParcelIcon } from '../ui/icons.js';
import type { Order } from './order.js';

/** Each warehouse sends a parcel of its own. */
export const Parcels = ({ parcels, lines }: Pick<Order, 'parcels' | 'lines'>) => {
  const { t } = useTranslation();
  const nameOf = (sku: string): string => lines.find((line) => line.sku === sku)?.name ?? sku;
  return (
    <section className="card">
      <h2>{t('order.parcels', { count: parcels.length })}</h2>
      <ul className="parcels">
        {parcels.map(({ id, warehouse, status, lines: content }) => (
          <li key={id} className={status}>
            <ParcelIcon />
            <div>
              <p>{t('order.parcelFrom', { warehouse })}</p>
              <p className="hint">{content.map(({ sku, quantity }) => `${quantity} × ${nameOf(sku)}`).join(', ')}</p>
            </div>
            <span className={`status parcel-${status}`}>{t(`order.parcel_${status}`)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
};
