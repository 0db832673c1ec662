import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Payment } from '../shop/payment.js';
import { StatusBadge } from '../shop/status-badge.js';
import { useOrder } from '../shop/use-order.js';
import { wayThrough, type Claim } from './claim.js';

/** The place in line, then what became of it. */
export const Outcome = ({ claim }: { claim: Claim }) => {
  const { status, reason, orderId } = claim.view;
  switch (status) {
    case 'waiting':
      return <InLine claim={claim} />;
    case 'won':
      return <Won orderId={orderId} />;
    case 'lost':
      return <Lost reason={reason} />;
    case 'expired':
      return <Expired />;
  }
};

const InLine = ({ claim }: { claim: Claim }) => {
  const { t } = useTranslation();
  const { ahead, etaSeconds } = claim.view;
  const way = wayThrough(claim);
  return (
    <section className="card outcome waiting">
      <h2>{t('sale.waitingTitle')}</h2>
      <div
        className="queue"
        role="progressbar"
        aria-label={t('sale.place')}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(way !== undefined && { 'aria-valuenow': Math.round(way * 100) })}
        style={{ '--way': way ?? 0 } as CSSProperties}
      >
        <span className="boat" />
      </div>
      <p role="status">
        {ahead !== undefined && t('sale.ahead', { count: ahead })}
        {etaSeconds !== undefined && `, ${t('sale.eta', { count: etaSeconds })}`}
      </p>
      <p className="hint">{t('sale.waiting')}</p>
    </section>
  );
};

/** A win is an order, which is paid here. */
const Won = ({ orderId }: { orderId: string | undefined }) => {
  const { t } = useTranslation();
  return (
    <section className="card outcome won">
      <div role="status">
        <h2>{t('sale.wonTitle')}</h2>
        <p>{t('sale.won')}</p>
      </div>
      {orderId && <WonOrder id={orderId} />}
    </section>
  );
};

const WonOrder = ({ id }: { id: string }) => {
  const { t } = useTranslation();
  const { seen } = useOrder(id, true);
  return (
    <>
      {seen?.order.status === 'awaiting_payment' && <Payment seen={seen} />}
      <p>
        <Link to={`/shop/orders/${id}`}>{t('sale.yours')}</Link> {seen && <StatusBadge status={seen.order.status} />}
      </p>
    </>
  );
};

const REASONS = { closed: 'sale.lost_closed', already_won: 'sale.lost_already_won' } as const;

const Lost = ({ reason }: { reason: string | undefined }) => {
  const { t } = useTranslation();
  return (
    <section className="card outcome lost" role="status">
      <h2>{t('sale.lostTitle')}</h2>
      <p>{t(REASONS[reason as keyof typeof REASONS] ?? 'sale.lost')}</p>
      {!reason || reason === 'sold_out' ? <p className="hint">{t('sale.soldOutText')}</p> : null}
    </section>
  );
};

const Expired = () => {
  const { t } = useTranslation();
  return (
    <section className="card outcome lost" role="status">
      <h2>{t('sale.expiredTitle')}</h2>
      <p>{t('sale.expired')}</p>
    </section>
  );
};
