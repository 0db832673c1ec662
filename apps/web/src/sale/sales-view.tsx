import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { session } from '../api/session.js';
import { useStore } from '../api/store.js';
import { money } from '../i18n/format.js';
import { useProducts } from '../shop/products.js';
import { Loading } from '../ui/loading.js';
import { ProductArt } from '../ui/product-art.js';
import { View } from '../ui/view.js';
import { SaleClock } from './sale-clock.js';
import { useSales, type Sale } from './sales.js';
import { StockBar } from './stock-bar.js';

export const SalesView = () => {
  const { t } = useTranslation();
  const sales = useSales();
  const isAdmin = useStore(session)?.role === 'admin';
  return (
    <View title={t('sale.title')} lead={t('sale.lead')}>
      {!sales && <Loading />}
      {sales?.length === 0 && (
        <p className="card">
          {t('sale.none')} {isAdmin && <Link to="/keeper/sales">{t('keeper.newSale')}</Link>}
        </p>
      )}
      <ul className="sales">
        {sales?.map((sale) => (
          <SaleCard key={sale.id} sale={sale} />
        ))}
      </ul>
    </View>
  );
};

const SaleCard = ({ sale }: { sale: Sale }) => {
  const { t } = useTranslation();
  const name = useProducts()?.find(({ sku }) => sku === sale.sku)?.name ?? sale.sku;
  return (
    <li className={`card sale-card ${sale.state}`}>
      <ProductArt sku={sale.sku} />
      <div>
        <span className={`status sale-${sale.state}`}>{t(`sale.state_${sale.state}`)}</span>
        <h2>
          <Link to={`/sale/${sale.id}`}>{name}</Link>
        </h2>
        <p className="price">{money(sale.price)}</p>
        <StockBar sale={sale} />
        <SaleClock sale={sale} />
      </div>
    </li>
  );
};
