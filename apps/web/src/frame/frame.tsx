import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, NavLink } from 'react-router';

/** What surrounds every view. */
export const Frame = ({ children }: { children: ReactNode }) => {
  const { t } = useTranslation();
  return (
    <>
      <a className="skip" href="#main">
        {t('frame.skip')}
      </a>
      <header className="bar">
        <Link to="/">Sluice</Link>
        <nav aria-label={t('frame.nav')}>
          <NavLink to="/shop">{t('frame.shop')}</NavLink>
          <NavLink to="/sale">{t('frame.sale')}</NavLink>
          <NavLink to="/machine">{t('frame.machine')}</NavLink>
        </nav>
      </header>
      <main id="main">{children}</main>
    </>
  );
};
