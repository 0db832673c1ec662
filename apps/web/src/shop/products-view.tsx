import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from '../api/store.js';
import { money } from '../i18n/format.js';
import { Loading } from '../ui/loading.js';
import { announce } from '../ui/notice.js';
import { ProductArt } from '../ui/product-art.js';
import { View } from '../ui/view.js';
import { add, quantityOf, withKey } from './cart.js';
import { changeCart, keptCart } from './kept-cart.js';
import { newKey } from './key.js';
import { useProducts, type Product } from './products.js';
import { Watch } from './watch.js';

/** Below this, how many are left is worth knowing. */
const FEW = 20;

export const ProductsView = () => {
  const { t } = useTranslation();
  const products = useProducts();
  const [wanted, setWanted] = useState('');
  const shown = products?.filter(({ name }) => name.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <View title={t('shop.title')} lead={t('shop.lead')}>
      <input
        type="search"
        className="search"
        aria-label={t('shop.search')}
        placeholder={t('shop.search')}
        value={wanted}
        onChange={({ target }) => setWanted(target.value)}
      />
      {!shown && <Loading />}
      {shown?.length === 0 && <p>{t('shop.none')}</p>}
      <ul className="products">
        {shown?.map((product) => (
          <ProductCard key={product.sku} {...product} />
        ))}
      </ul>
    </View>
  );
};

const ProductCard = (product: Product) => {
  const { t } = useTranslation();
  const { sku, name, price, available } = product;
  const inCart = quantityOf(useStore(keptCart), sku);
  const put = (): void => {
    changeCart((cart) => withKey(add(cart, product), newKey));
    announce(t('shop.added', { name }));
  };
  return (
    <li className="card product">
      <ProductArt sku={sku} />
      <h2>{name}</h2>
      <p className="price">{money(price)}</p>
      <Stock available={available} />
      {available > 0 ? (
        <button type="button" onClick={put} aria-label={t('shop.addNamed', { name })}>
          {t('shop.add')}
        </button>
      ) : (
        <Watch sku={sku} name={name} />
      )}
      {inCart > 0 && <p className="in-cart status">{t('shop.inCart', { count: inCart })}</p>}
    </li>
  );
};

const Stock = ({ available }: { available: number }) => {
  const { t } = useTranslation();
  if (available <= 0) return <p className="stock none">{t('shop.soldOut')}</p>;
  if (available <= FEW) return <p className="stock few">{t('shop.left', { count: available })}</p>;
  return <p className="stock">{t('shop.inStock')}</p>;
};
