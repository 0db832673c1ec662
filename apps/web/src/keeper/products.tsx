import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { money, number } from '../i18n/format.js';
import { newKey } from '../shop/key.js';
import { useProducts, type Product } from '../shop/products.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Loading } from '../ui/loading.js';
import { announce } from '../ui/notice.js';
import { ProductArt } from '../ui/product-art.js';
import { useSend } from '../ui/use-send.js';
import { amountOf, newMoney, typed } from './amount.js';
import { typedInto } from '../ui/form.js';
import { WhyNot } from './why-not.js';

const WAREHOUSES = ['east', 'west'] as const;
type Warehouse = (typeof WAREHOUSES)[number];

export const KeeperProducts = () => {
  const { t } = useTranslation();
  const products = useProducts();
  const [edited, setEdited] = useState<Product>();
  const [received, setReceived] = useState<Product>();
  if (!products) return <Loading />;
  return (
    <>
      <div className="card table">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('keeper.name')}</th>
              <th scope="col">{t('keeper.price')}</th>
              <th scope="col">{t('keeper.available')}</th>
              <th scope="col">
                <span className="unseen">{t('keeper.edit')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {products.map((product) => (
              <Row key={product.sku} product={product} onEdit={setEdited} onReceive={setReceived} />
            ))}
          </tbody>
        </table>
      </div>
      <section className="card">
        <h2>{t('keeper.newProduct')}</h2>
        <ProductForm />
      </section>
      {edited && (
        <Dialog title={t('keeper.editNamed', edited)} onClose={() => setEdited(undefined)}>
          <ProductForm product={edited} onDone={() => setEdited(undefined)} />
        </Dialog>
      )}
      {received && (
        <Dialog title={t('keeper.receiveNamed', received)} onClose={() => setReceived(undefined)}>
          <ReceiptForm product={received} onDone={() => setReceived(undefined)} />
        </Dialog>
      )}
    </>
  );
};

interface RowProps {
  product: Product;
  onEdit: (product: Product) => void;
  onReceive: (product: Product) => void;
}

const Row = ({ product, onEdit, onReceive }: RowProps) => {
  const { t } = useTranslation();
  const { sku, name, price, available } = product;
  return (
    <tr>
      <th scope="row">
        <div>
          <ProductArt sku={sku} />
          <span>
            {name}
            <small>{sku}</small>
          </span>
        </div>
      </th>
      <td>{money(price)}</td>
      <td className={available <= 0 ? 'fault' : ''}>{number(available)}</td>
      <td className="actions">
        <button type="button" aria-label={t('keeper.editNamed', { name })} onClick={() => onEdit(product)}>
          {t('keeper.edit')}
        </button>
        <button type="button" aria-label={t('keeper.receiveNamed', { name })} onClick={() => onReceive(product)}>
          {t('keeper.receive')}
        </button>
      </td>
    </tr>
  );
};

/** Adds a product, or changes its name and price. */
const ProductForm = ({ product, onDone }: { product?: Product; onDone?: () => void }) => {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { send, isSending, problem } = useSend(
    async ({ sku = '', name = '', price = '', currency = '' }: Record<string, string>) => {
      const amount = amountOf(price, currency.toUpperCase()) ?? newMoney(-1, currency);
      const params = { path: { sku: product?.sku ?? sku } };
      await ask(() => api.PUT('/products/{sku}', { params, body: { name, price: amount } }));
      await queries.invalidateQueries({ queryKey: ['products'] });
      announce(t('keeper.saved', { name }));
      onDone?.();
    },
  );
  return (
    <form className="grid" onSubmit={(event) => send(typedInto(event))}>
      {!product && <Field label={t('keeper.sku')} name="sku" hint={t('keeper.newProductHint')} required />}
      <Field label={t('keeper.name')} name="name" defaultValue={product?.name} required />
      <Field
        label={t('keeper.price')}
        name="price"
        inputMode="decimal"
        pattern="[0-9]+([.,][0-9]+)?"
        defaultValue={product && typed(product.price)}
        required
      />
      <CurrencyField value={product?.price.currency} />
      <WhyNot problem={problem} />
      <button className="primary" disabled={isSending}>
        {t('common.save')}
      </button>
    </form>
  );
};

export const CurrencyField = ({ value = 'USD' }: { value?: string | undefined }) => {
  const { t } = useTranslation();
  return (
    <Field
      label={t('keeper.currency')}
      name="currency"
      defaultValue={value}
      pattern="[A-Za-z]{3}"
      maxLength={3}
      required
    />
  );
};

const ReceiptForm = ({ product, onDone }: { product: Product; onDone: () => void }) => {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [reference] = useState(() => `R-${newKey().slice(0, 8)}`);
  const { send, isSending, problem } = useSend(async (given: Record<string, string>) => {
    const params = { path: { sku: product.sku } };
    const body = {
      warehouse: given['warehouse'] as Warehouse,
      quantity: Number(given['quantity']),
      reference: given['reference'] ?? reference,
    };
    const { data } = await ask(() => api.POST('/products/{sku}/receipts', { params, body }));
    await queries.invalidateQueries({ queryKey: ['products'] });
    announce(t('keeper.received', { available: number(data.available) }));
    onDone();
  });
  return (
    <form className="grid" onSubmit={(event) => send(typedInto(event))}>
      <div className="field">
        <label htmlFor="warehouse">{t('keeper.warehouse')}</label>
        <select id="warehouse" name="warehouse">
          {WAREHOUSES.map((warehouse) => (
            <option key={warehouse}>{warehouse}</option>
          ))}
        </select>
      </div>
      <Field label={t('keeper.quantity')} name="quantity" type="number" min={1} defaultValue={10} required />
      <Field
        label={t('keeper.reference')}
        hint={t('keeper.referenceHint')}
        name="reference"
        defaultValue={reference}
        required
      />
      <WhyNot problem={problem} />
      <button className="primary" disabled={isSending}>
        {t('keeper.receive')}
      </button>
    </form>
  );
};
