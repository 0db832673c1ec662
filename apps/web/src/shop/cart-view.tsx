import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import type { Problem } from '../api/problem.js';
import { useStore } from '../api/store.js';
import { useDemoUsers } from '../frame/settings.js';
import { money } from '../i18n/format.js';
import { Field } from '../ui/field.js';
import { ProductArt } from '../ui/product-art.js';
import { useSend } from '../ui/use-send.js';
import { View } from '../ui/view.js';
import { AddressFields, keptAddress } from './address-fields.js';
import { subtotal, withQuantity, type Address, type Cart, type CartLine } from './cart.js';
import { changeCart, keptCart } from './kept-cart.js';
import { placeOrder } from './place-order.js';

export const CartView = () => {
  const { t } = useTranslation();
  const cart = useStore(keptCart);
  const sum = subtotal(cart);
  return (
    <View title={t('cart.title')} className="cart">
      {cart.lines.length === 0 ? (
        <p>
          {t('cart.empty')} <Link to="/shop">{t('cart.browse')}</Link>
        </p>
      ) : (
        <>
          <div className="card">
            <ul className="lines">
              {cart.lines.map((line) => (
                <Line key={line.sku} {...line} />
              ))}
            </ul>
            {sum && (
              <p className="sum">
                {t('cart.subtotal')} <strong>{money(sum)}</strong>
              </p>
            )}
          </div>
          <CheckoutForm cart={cart} />
        </>
      )}
    </View>
  );
};

const Line = ({ sku, name, price, quantity }: CartLine) => {
  const { t } = useTranslation();
  const set = (next: number): void => void changeCart((cart) => withQuantity(cart, sku, next));
  return (
    <li className="line">
      <ProductArt sku={sku} />
      <span className="line-name">{name}</span>
      <input
        type="number"
        inputMode="numeric"
        min={1}
        max={10_000}
        aria-label={t('cart.quantityOf', { name })}
        value={quantity}
        onChange={({ target }) => target.value !== '' && set(target.valueAsNumber)}
      />
      <span className="line-price">{money({ ...price, amount: price.amount * quantity })}</span>
      <button type="button" className="link" aria-label={t('cart.remove', { name })} onClick={() => set(0)}>
        {t('cart.removeShort')}
      </button>
    </li>
  );
};

const CheckoutForm = ({ cart }: { cart: Cart }) => {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const isDemo = useDemoUsers().length > 0;
  const [address, setAddress] = useState<Address>(keptAddress.read);
  const { send, isSending, problem } = useSend(async () => {
    const { id, isAccepted } = await placeOrder(address);
    await navigate(`/shop/orders/${id}`, { state: { isAccepted } });
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    keptAddress.write(address);
    send();
  };
  return (
    <form className="card checkout" onSubmit={submit}>
      <AddressFields legend={t('cart.address')} address={address} onChange={setAddress} problem={problem} />
      <Field
        label={t('cart.coupon')}
        hint={t(isDemo ? 'cart.couponDemo' : 'cart.couponHint')}
        value={cart.coupon}
        onChange={({ target }) => changeCart((current) => ({ ...current, coupon: target.value }))}
        fault={problem?.faultOf('coupon')}
      />
      <WhyNot problem={problem} />
      <button className="primary" disabled={isSending}>
        {t(isSending ? 'cart.placing' : 'cart.place')}
      </button>
      <p className="hint">{t('cart.note')}</p>
    </form>
  );
};

const WhyNot = ({ problem }: { problem: Problem | undefined }) => {
  const { t } = useTranslation();
  if (!problem || problem.faultOf('coupon')) return null;
  const text = (): string => {
    if (problem.status === 429 && 'limit' in problem.body) return t('cart.unpaid');
    if (problem.status === 409) return t('cart.changed');
    return t('common.failed', { why: problem.message });
  };
  return (
    <p className="fault" role="alert">
      {text()}
    </p>
  );
};
