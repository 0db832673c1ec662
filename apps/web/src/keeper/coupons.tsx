import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { Field } from '../ui/field.js';
import { announce } from '../ui/notice.js';
import { useSend } from '../ui/use-send.js';
import { couponOf, type CouponKind } from './bodies.js';
import { typedInto } from '../ui/form.js';
import { CurrencyField } from './products.js';
import { WhyNot } from './why-not.js';

const KINDS = ['percent', 'fixed'] as const;

export const KeeperCoupons = () => {
  const { t } = useTranslation();
  const [kind, setKind] = useState<CouponKind>('percent');
  const { send, isSending, problem } = useSend(async (given: Record<string, string>) => {
    const { data } = await ask(() => api.POST('/coupons', { body: couponOf(kind, given) }));
    announce(t('keeper.couponAdded', { code: data.code }));
  });
  const optional = t('keeper.optional');
  return (
    <section className="card">
      <h2>{t('keeper.newCoupon')}</h2>
      <form className="grid" onSubmit={(event) => send(typedInto(event))}>
        <Field label={t('keeper.code')} name="code" required />
        <fieldset>
          <legend>{t('keeper.kind')}</legend>
          {KINDS.map((one) => (
            <label key={one}>
              <input type="radio" name="kind" checked={kind === one} onChange={() => setKind(one)} />
              {t(`keeper.kind_${one}`)}
            </label>
          ))}
        </fieldset>
        <Field label={t('keeper.value')} name="value" inputMode="decimal" pattern="[0-9]+([.,][0-9]+)?" required />
        <CurrencyField />
        <Field label={t('keeper.minTotal')} name="minTotal" inputMode="decimal" hint={optional} />
        <Field label={t('keeper.limit')} name="limit" type="number" min={1} hint={optional} />
        <Field label={t('keeper.perUser')} name="perUser" type="number" min={1} hint={optional} />
        <Field label={t('keeper.expiresAt')} name="expiresAt" type="datetime-local" hint={optional} />
        <WhyNot problem={problem} />
        <button className="primary" disabled={isSending}>
          {t('keeper.newCoupon')}
        </button>
      </form>
    </section>
  );
};
