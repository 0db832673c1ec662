import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, NavLink, useLocation } from 'react-router';
import { session } from '../api/session.js';
import { useStore } from '../api/store.js';
import { useInboxStream, useUnread } from '../shop/inbox.js';
import { pieces } from '../shop/cart.js';
import { keptCart } from '../shop/kept-cart.js';
import { CartIcon, InboxIcon, Waves } from '../ui/icons.js';
import { Notice } from '../ui/notice.js';
import { AccountMenu } from './account-menu.js';
import { Banner } from './banner.js';
import { SignInDialog } from './sign-in.js';
import './frame.css';

/** What surrounds every view. */
export const Frame = ({ children }: { children: ReactNode }) => {
  const { t } = useTranslation();
  const main = useStartOfView();
  return (
    <>
      <a className="skip" href="#main">
        {t('frame.skip')}
      </a>
      <header className="bar">
        <Link to="/" className="brand">
          <Waves />
          Sluice
        </Link>
        <Navigation />
        <div className="tools">
          <InboxLink />
          <CartLink />
          <AccountMenu />
        </div>
      </header>
      <Banner />
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <footer className="foot">
        <Waves />
        <p>{t('frame.footer')}</p>
      </footer>
      <Notice />
      <SignInDialog />
    </>
  );
};

/** Another view begins at its top, and a screen reader goes on there, as after a load. */
function useStartOfView() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}

const Navigation = () => {
  const { t } = useTranslation();
  const current = useStore(session);
  return (
    <nav aria-label={t('frame.nav')}>
      <NavLink to="/shop" end>
        {t('frame.shop')}
      </NavLink>
      {current && <NavLink to="/shop/orders">{t('frame.orders')}</NavLink>}
      <NavLink to="/sale">{t('frame.sale')}</NavLink>
      {current?.role === 'admin' && <NavLink to="/keeper">{t('frame.keeper')}</NavLink>}
      <NavLink to="/machine">{t('frame.machine')}</NavLink>
    </nav>
  );
};

const CartLink = () => {
  const { t } = useTranslation();
  const count = pieces(useStore(keptCart));
  return (
    <Link to="/shop/cart" className="round" aria-label={t('frame.cart', { count })}>
      <CartIcon />
      {count > 0 && <span className="badge">{count}</span>}
    </Link>
  );
};

const InboxLink = () => {
  const { t } = useTranslation();
  const count = useUnread();
  useInboxStream();
  const current = useStore(session);
  if (!current) return null;
  return (
    <Link to="/shop/inbox" className="round" aria-label={t('frame.inbox', { count })}>
      <InboxIcon />
      {count > 0 && <span className="badge">{count}</span>}
    </Link>
  );
};
