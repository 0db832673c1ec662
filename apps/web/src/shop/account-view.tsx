import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import type { Session } from '../api/session.js';
import { NewPassword } from '../frame/new-password.js';
import { SignedIn } from '../frame/signed-in.js';
import { number } from '../i18n/format.js';
import { Field } from '../ui/field.js';
import { valuesOf } from '../ui/form.js';
import { announce } from '../ui/notice.js';
import { useSend } from '../ui/use-send.js';
import { View } from '../ui/view.js';
import { Preferences, useProfile } from './preferences.js';

export const AccountView = () => {
  const { t } = useTranslation();
  return (
    <View title={t('account.title')} className="narrow">
      <SignedIn>{(current) => <Account key={current.userId} {...current} />}</SignedIn>
    </View>
  );
};

const Account = (current: Session) => {
  const profile = useProfile(current.userId);
  return (
    <>
      <Points {...current} />
      {profile && <Preferences key={JSON.stringify(profile)} profile={profile} />}
      {profile?.verified === false && <Verification {...current} />}
      <Password />
    </>
  );
};

const Points = ({ userId }: Session) => {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ['points', userId],
    queryFn: async ({ signal }) => (await ask(() => api.GET('/me/points', { signal }), { signal })).data.points,
    refetchInterval: 5_000,
  });
  return (
    <section className="card points">
      <h2>{t('account.points')}</h2>
      <p className="big">{data === undefined ? '…' : number(data)}</p>
      <p className="hint">{t('account.pointsText')}</p>
    </section>
  );
};

const Verification = ({ phone }: Session) => {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [code, setCode] = useState('');
  const confirm = useSend(async () => {
    await ask(() => api.POST('/users/verification', { body: { code } }));
    announce(t('account.confirmed'));
    await queries.invalidateQueries({ queryKey: ['me'] });
  });
  const resend = useSend(async () => {
    await ask(() => api.POST('/users/verification/resend'));
    announce(t('account.resent'));
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    confirm.send();
  };
  return (
    <form className="card" onSubmit={submit}>
      <h2>{t('account.verify')}</h2>
      <p className="hint">{t('account.verifyText', { phone })}</p>
      <Field
        label={t('account.code')}
        inputMode="numeric"
        autoComplete="one-time-code"
        pattern="[0-9]{6}"
        required
        value={code}
        onChange={({ target }) => setCode(target.value)}
        fault={confirm.problem && t('account.wrongCode')}
      />
      {resend.problem && <p className="fault">{t('signIn.tooMany')}</p>}
      <div className="actions">
        <button className="primary" disabled={confirm.isSending}>
          {t('account.confirm')}
        </button>
        <button type="button" disabled={resend.isSending} onClick={() => resend.send()}>
          {t('account.resend')}
        </button>
      </div>
    </form>
  );
};

interface Passwords {
  current: string;
  new: string;
}

const Password = () => {
  const { t } = useTranslation();
  const { send, isSending, problem } = useSend(async (given: Passwords, form: HTMLFormElement) => {
    await ask(() => api.POST('/me/password', { body: given }));
    form.reset();
    announce(t('account.changed'));
  });
  return (
    <form className="card" onSubmit={(event) => send(valuesOf<Passwords>(event), event.currentTarget)}>
      <h2>{t('account.password')}</h2>
      <Field
        label={t('account.current')}
        name="current"
        type="password"
        autoComplete="current-password"
        required
        fault={problem?.status === 403 ? t('account.wrongPassword') : undefined}
      />
      <NewPassword label={t('account.next')} name="new" problem={problem} />
      <button disabled={isSending}>{t('account.change')}</button>
    </form>
  );
};
