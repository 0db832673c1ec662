import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { session, signInNeeded, type Session } from '../api/session.js';
import { useStore } from '../api/store.js';
import { DemoUsers } from './sign-in.js';

/** What only somebody who is signed in has; others are invited to sign in. */
export const SignedIn = ({ children }: { children: (current: Session) => ReactNode }) => {
  const current = useStore(session);
  return current ? children(current) : <Invitation />;
};

const Invitation = () => {
  const { t } = useTranslation();
  return (
    <div className="card invitation">
      <DemoUsers />
      <button type="button" className="primary" onClick={() => signInNeeded.set(true)}>
        {t('frame.signIn')}
      </button>
    </div>
  );
};
