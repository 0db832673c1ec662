import { useTranslation } from 'react-i18next';
import { Link, useLocation, useParams } from 'react-router';
import { SignedIn } from '../frame/signed-in.js';
import { day, money } from '../i18n/format.js';
import { Loading } from '../ui/loading.js';
import { ProductArt } from '../ui/product-art.js';
import { View } from '../ui/view.js';
import { Cancellation } from './cancellation.js';
import { Channel } from './channel.js';
import { hasEnded, hasFailed, type Order } from './order.js';
import { Parcels } from './parcels.js';
import { Payment } from './payment.js';
import { OrderTimeline } from './timeline.js';
import { useOrder, type FollowedOrder } from './use-order.js';

export const OrderView = () => {
  const { t } = useTranslation();
  const { id = '' } = useParams();
  return (
    <View title={t('order.title', { id: id.slice(0, 8) })} className="order">
      <SignedIn>{({ userId }) => <Followed key={`${userId} ${id}`} id={id} />}</SignedIn>
    </View>
  );
};

const Followed = ({ id }: { id: string }) => {
  const { t } = useTranslation();
  const { state } = useLocation() as { state: { isAccepted?: boolean } | null };
  const isAccepted = state?.isAccepted === true;
  const followed = useOrder(id, isAccepted);
  if (followed.seen) return <Placed {...followed} seen={followed.seen} />;
  if (!isAccepted) return followed.isMissing ? <p>{t('order.missing')}</p> : <Loading />;
  return (
    <div className="card" role="status">
      <h2>{t('order.acceptedTitle')}</h2>
      <p>{t('order.acceptedText')}</p>
    </div>
  );
};

const Placed = ({ seen, isLive }: FollowedOrder & { seen: NonNullable<FollowedOrder['seen']> }) => {
  const { order } = seen;
  return (
    <>
      <Standing order={order} isLive={isLive} />
      <div className="order-columns">
        <div>
          {order.status === 'awaiting_payment' && <Payment key={order.id} seen={seen} />}
          {order.parcels.length > 0 && <Parcels parcels={order.parcels} lines={order.lines} />}
          <Items {...order} />
          <Cancellation order={order} />
        </div>
        <OrderTimeline id={order.id} />
      </div>
    </>
  );
};

const Standing = ({ order, isLive }: { order: Order; isLive: boolean }) => {
  const { t } = useTranslation();
  const { status, reason, limit, placedAt, flashSaleId, refundedAt, cancellationRequestedAt } = order;
  const isCancelling = cancellationRequestedAt !== undefined && !hasFailed(order);
  return (
    <div className={`card standing ${status}`}>
      <div role="status">
        <h2>{t(`order.status_${status}`)}</h2>
        <p>{reason ? t(`order.reason_${reason}`) : t(`order.text_${status}`)}</p>
        {limit && <p>{t(`order.limit_${limit}`)}</p>}
        {refundedAt && <p>{t('order.refunded')}</p>}
        {isCancelling && <p>{t('order.cancelling')}</p>}
      </div>
      <Channel order={order} />
      <p className="hint">
        {!hasEnded(order) && (
          <span className={`live ${isLive ? 'on' : ''}`}>{t(isLive ? 'order.live' : 'order.notLive')}</span>
        )}
        <span>{t('order.placed', { when: day(placedAt) })}</span>
        {flashSaleId && <Link to={`/sale/${flashSaleId}`}>{t('order.flashSale')}</Link>}
      </p>
    </div>
  );
};

const Items = ({ lines, subtotal, discount, total, coupon = '', address }: Order) => {
  const { t } = useTranslation();
  return (
    <section className="card">
      <h2>{t('order.items')}</h2>
      <ul className="lines">
        {lines.map(({ sku, name, quantity, unitPrice }) => (
          <li key={sku} className="line">
            <ProductArt sku={sku} />
            <span className="line-name">
              {quantity} × {name}
            </span>
            <span className="line-price">{money({ ...unitPrice, amount: unitPrice.amount * quantity })}</span>
          </li>
        ))}
      </ul>
      <dl className="sums">
        <dt>{t('cart.subtotal')}</dt>
        <dd>{money(subtotal)}</dd>
        {discount.amount > 0 && (
          <>
            <dt>{t('order.discountBy', { coupon })}</dt>
            <dd>−{money(discount)}</dd>
          </>
        )}
        <dt className="total">{t('order.total')}</dt>
        <dd className="total">{money(total)}</dd>
      </dl>
      <p className="hint">
        {t('order.to')}: {[address.name, address.street, address.postcode, address.city, address.country].join(', ')}
      </p>
    </section>
  );
};
