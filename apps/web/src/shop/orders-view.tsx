import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { SignedIn } from '../frame/signed-in.js';
import { day, money } from '../i18n/format.js';
import { Loading } from '../ui/loading.js';
import { ProductArt } from '../ui/product-art.js';
import { View } from '../ui/view.js';
import type { Order } from './order.js';
import { StatusBadge } from './status-badge.js';

const EVERY_MS = 5_000;

export const OrdersView = () => {
  const { t } = useTranslation();
  return (
    <View title={t('orders.title')} className="narrow">
      <SignedIn>{({ userId }) => <Orders key={userId} userId={userId} />}</SignedIn>
    </View>
  );
};

const Orders = ({ userId }: { userId: string }) => {
  const { t } = useTranslation();
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['orders', userId],
    queryFn: async ({ pageParam: cursor, signal }) => {
      const query = { limit: 20, ...(cursor !== '' && { cursor }) };
      return (await ask(() => api.GET('/orders', { params: { query }, signal }), { signal })).data;
    },
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    refetchInterval: EVERY_MS,
  });
  if (!data) return <Loading />;
  const orders = data.pages.flatMap(({ items }) => items);
  if (orders.length === 0) return <p>{t('orders.none')}</p>;
  return (
    <>
      <ol className="orders">
        {orders.map((order) => (
          <OrderItem key={order.id} {...order} />
        ))}
      </ol>
      {hasNextPage && (
        <button type="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('common.more')}
        </button>
      )}
    </>
  );
};

const OrderItem = ({ id, status, lines, total, placedAt }: Order) => {
  const { t } = useTranslation();
  const [first, ...others] = lines;
  const name = first?.name ?? '';
  return (
    <li className="card order-item">
      <ProductArt sku={first?.sku ?? ''} />
      <div>
        <Link to={`/shop/orders/${id}`}>
          {others.length === 0 ? name : t('orders.items', { first: name, count: others.length })}
        </Link>
        <time dateTime={placedAt}>{day(placedAt)}</time>
      </div>
      <div className="order-end">
        <strong>{money(total)}</strong>
        <StatusBadge status={status} />
      </div>
    </li>
  );
};
