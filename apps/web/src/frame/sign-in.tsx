import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import type { Problem } from '../api/problem.js';
import { signedIn, signInDismissed, signInNeeded } from '../api/session.js';
import { useStore } from '../api/store.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { valuesOf } from '../ui/form.js';
import { useSend } from '../ui/use-send.js';
import { NewPassword } from './new-password.js';
import { useDemoUsers } from './settings.js';

interface Credentials {
  phone: string;
  password: string;
}

async function signIn(body: Credentials): Promise<void> {
  const { data } = await ask(() => api.POST('/sessions', { body }), { signIn: false });
  signedIn(data, body.phone);
}

/** The account exists at once; the code that was sent confirms the number later. */
async function signUp(body: Credentials & { name: string }): Promise<void> {
  await ask(() => api.POST('/users', { body }), { signIn: false });
  await signIn(body);
}

/** Asks to sign in wherever somebody is: what waits for it goes on. */
export const SignInDialog = () => {
  const { t } = useTranslation();
  const needed = useStore(signInNeeded);
  const [isNew, setNew] = useState(false);
  if (!needed) return null;
  return (
    <Dialog title={t(isNew ? 'signIn.signUp' : 'signIn.title')} onClose={signInDismissed}>
      <p>{t('signIn.again')}</p>
      <DemoUsers />
      {isNew ? <SignUpForm /> : <SignInForm />}
      <p className="actions">
        <button type="button" className="link" onClick={() => setNew(!isNew)}>
          {t(isNew ? 'signIn.toSignIn' : 'signIn.toSignUp')}
        </button>
        <button type="button" className="link" onClick={signInDismissed}>
          {t('common.close')}
        </button>
      </p>
    </Dialog>
  );
};

/** One click is enough where the users of the seed exist: on a development system. */
export const DemoUsers = () => {
  const { t } = useTranslation();
  const { send, isSending } = useSend(signIn);
  const users = useDemoUsers();
  if (users.length === 0) return null;
  return (
    <div className="demo">
      <p>{t('signIn.demo')}</p>
      <div className="actions">
        {users.map(({ role, phone, password }) => (
          <button key={phone} type="button" disabled={isSending} onClick={() => send({ phone, password })}>
            {t(`signIn.demo_${role}`)}
          </button>
        ))}
      </div>
    </div>
  );
};

const SignInForm = () => {
  const { t } = useTranslation();
  const { send, isSending, problem } = useSend(signIn);
  return (
    <form onSubmit={(event) => send(valuesOf<Credentials>(event))}>
      <PhoneField problem={problem} />
      <Field label={t('signIn.password')} name="password" type="password" autoComplete="current-password" required />
      <WhyNot problem={problem} />
      <button className="primary" disabled={isSending}>
        {t('signIn.submit')}
      </button>
    </form>
  );
};

const SignUpForm = () => {
  const { t } = useTranslation();
  const { send, isSending, problem } = useSend(signUp);
  return (
    <form onSubmit={(event) => send(valuesOf<Credentials & { name: string }>(event))}>
      <Field label={t('signIn.name')} name="name" autoComplete="name" required fault={problem?.faultOf('name')} />
      <PhoneField problem={problem} />
      <NewPassword label={t('signIn.password')} name="password" problem={problem} />
      <WhyNot problem={problem} />
      <button className="primary" disabled={isSending}>
        {t('signIn.signUp')}
      </button>
    </form>
  );
};

const PhoneField = ({ problem }: { problem: Problem | undefined }) => {
  const { t } = useTranslation();
  return (
    <Field
      label={t('signIn.phone')}
      hint={t('signIn.phoneHint')}
      name="phone"
      type="tel"
      autoComplete="tel"
      required
      fault={problem?.faultOf('phone')}
    />
  );
};

const WHY_NOT = { 401: 'signIn.wrong', 409: 'signIn.taken', 429: 'signIn.tooMany' } as const;

const WhyNot = ({ problem }: { problem: Problem | undefined }) => {
  const { t } = useTranslation();
  if (!problem || problem.status === 422) return null;
  const key = WHY_NOT[problem.status as keyof typeof WHY_NOT];
  return (
    <p className="fault" role="alert">
      {key ? t(key) : problem.message}
    </p>
  );
};
