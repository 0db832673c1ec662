import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { serverNow } from '../api/server-clock.js';
import { money } from '../i18n/format.js';
import { SaleClock } from '../sale/sale-clock.js';
import { useSales, type Sale } from '../sale/sales.js';
import { StockBar } from '../sale/stock-bar.js';
import { newKey } from '../shop/key.js';
import { useProducts } from '../shop/products.js';
import { Field } from '../ui/field.js';
import { announce } from '../ui/notice.js';
import { useSend } from '../ui/use-send.js';
import { saleOf } from './bodies.js';
import { typedInto } from '../ui/form.js';
import { CurrencyField } from './products.js';
import { WhyNot } from './why-not.js';
import '../sale/sale.css';

export const KeeperSales = () => {
  const { t } = useTranslation();
  const sales = useSales();
  return (
    <>
      <section className="card">
        <h2>{t('keeper.newSale')}</h2>
        <SaleForm />
      </section>
      <ul className="sales">
        {sales?.map((sale) => (
          <SaleItem key={sale.id} sale={sale} />
        ))}
      </ul>
    </>
  );
};

const SaleForm = () => {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { send, isSending, problem } = useSend(async (given: Record<string, string>) => {
    const body = saleOf(given, serverNow());
    const params = { header: { 'Idempotency-Key': newKey() } };
    const { response } = await ask(() => api.POST('/flash-sales', { params, body }));
    await queries.invalidateQueries({ queryKey: ['sales'] });
    announce(t(response.status === 202 ? 'keeper.saleAccepted' : 'keeper.saleOpened'));
  });
  return (
    <form className="grid" onSubmit={(event) => send(typedInto(event))}>
      <ProductChoice />
      <Field label={t('keeper.salePrice')} name="price" inputMode="decimal" pattern="[0-9]+([.,][0-9]+)?" required />
      <CurrencyField />
      <Field
        label={t('keeper.quantity')}
        name="quantity"
        type="number"
        min={1}
        max={10_000}
        defaultValue={5}
        required
      />
      <Field label={t('keeper.opensIn')} name="opensIn" type="number" min={1} defaultValue={30} required />
      <Field label={t('keeper.lasts')} name="lasts" type="number" min={1} defaultValue={10} required />
      <Field label={t('keeper.payWithin')} name="payWithin" type="number" min={1} defaultValue={120} required />
      <WhyNot problem={problem} />
      <button className="primary" disabled={isSending}>
        {t('keeper.openSale')}
      </button>
    </form>
  );
};

const ProductChoice = () => {
  const { t } = useTranslation();
  const products = useProducts();
  return (
    <div className="field">
      <label htmlFor="sale-sku">{t('keeper.product')}</label>
      <select id="sale-sku" name="sku">
        {products?.map(({ sku, name }) => (
          <option key={sku} value={sku}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
};

const SaleItem = ({ sale }: { sale: Sale }) => {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { send, isSending, problem } = useSend(async () => {
    await ask(() => api.POST('/flash-sales/{id}/close', { params: { path: { id: sale.id } } }));
    await queries.invalidateQueries({ queryKey: ['sales'] });
    announce(t('keeper.saleClosed'));
  });
  return (
    <li className="card sale-card">
      <div>
        <span className={`status sale-${sale.state}`}>{t(`sale.state_${sale.state}`)}</span>
        <h2>
          {sale.sku} · {money(sale.price)}
        </h2>
        <StockBar sale={sale} />
        <SaleClock sale={sale} />
        <WhyNot problem={problem} />
        <div className="actions">
          <Link to={`/sale/${sale.id}`}>{t('keeper.visit')}</Link>
          {sale.state !== 'closed' && (
            <button
              type="button"
              disabled={isSending}
              aria-label={t('keeper.closeSaleNamed', { sku: sale.sku })}
              onClick={() => send()}
            >
              {t('keeper.closeSale')}
            </button>
          )}
        </div>
      </div>
    </li>
  );
};
