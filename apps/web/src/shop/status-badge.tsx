import { useTranslation } from 'react-i18next';
import type { Order } from './order.js';

export const StatusBadge = ({ status }: Pick<Order, 'status'>) => {
  const { t } = useTranslation();
  return <span className={`status ${status}`}>{t(`order.status_${status}`)}</span>;
};
