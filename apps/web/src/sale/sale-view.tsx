import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { SignedIn } from '../frame/signed-in.js';
import { duration, money } from '../i18n/format.js';
import { useProducts } from '../shop/products.js';
import { Loading } from '../ui/loading.js';
import { ProductArt } from '../ui/product-art.js';
import { View } from '../ui/view.js';
import { SaleClock } from './sale-clock.js';
import { useSale, type Sale } from './sales.js';
import { StockBar } from './stock-bar.js';
import { WaitingRoom } from './waiting-room.js';

export const SaleView = () => {
  const { t } = useTranslation();
  const { id = '' } = useParams();
  const { sale, isMissing } = useSale(id);
  const product = useProducts()?.find(({ sku }) => sku === sale?.sku);
  return (
    <View title={product?.name ?? t('sale.title')} className="sale narrow">
      {isMissing && <p>{t('sale.missing')}</p>}
      {!sale && !isMissing && <Loading />}
      {sale && <Offer sale={sale} regular={product && money(product.price)} />}
      {sale && (
        <SignedIn>{({ userId }) => <WaitingRoom key={`${userId} ${id}`} sale={sale} userId={userId} />}</SignedIn>
      )}
      <p>
        <Link to="/sale">{t('sale.all')}</Link>
      </p>
    </View>
  );
};

const Offer = ({ sale, regular }: { sale: Sale; regular: string | undefined }) => {
  const { t } = useTranslation();
  return (
    <div className={`card offer ${sale.state}`}>
      <ProductArt sku={sale.sku} />
      <div>
        <span className={`status sale-${sale.state}`} role="status">
          {t(`sale.state_${sale.state}`)}
        </span>
        <p className="price big">{money(sale.price)}</p>
        {regular && <p className="hint">{t('sale.regular', { price: regular })}</p>}
        <StockBar sale={sale} />
        <SaleClock sale={sale} />
        <p className="hint">{t('sale.payWithin', { time: duration(sale.payWithinSeconds) })}</p>
      </div>
    </div>
  );
};
