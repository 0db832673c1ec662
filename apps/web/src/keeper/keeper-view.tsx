import { useTranslation } from 'react-i18next';
import { NavLink, Route, Routes } from 'react-router';
import { signInNeeded, signedOut } from '../api/session.js';
import { NotFound } from '../frame/not-found.js';
import { SignedIn } from '../frame/signed-in.js';
import { View } from '../ui/view.js';
import { KeeperCoupons } from './coupons.js';
import { KeeperProducts } from './products.js';
import { KeeperSales } from './sales.js';
import '../shop/shop.css';
import './keeper.css';

const KeeperView = () => {
  const { t } = useTranslation();
  return (
    <View title={t('keeper.title')} lead={t('keeper.lead')} className="keeper">
      <SignedIn>{({ role }) => (role === 'admin' ? <Counter /> : <OnlyKeeper />)}</SignedIn>
    </View>
  );
};
export default KeeperView;

const Counter = () => {
  const { t } = useTranslation();
  return (
    <>
      <nav className="tabs" aria-label={t('keeper.title')}>
        <NavLink to="/keeper" end>
          {t('keeper.products')}
        </NavLink>
        <NavLink to="/keeper/coupons">{t('keeper.coupons')}</NavLink>
        <NavLink to="/keeper/sales">{t('keeper.sales')}</NavLink>
      </nav>
      <Routes>
        <Route index element={<KeeperProducts />} />
        <Route path="coupons" element={<KeeperCoupons />} />
        <Route path="sales" element={<KeeperSales />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </>
  );
};

const OnlyKeeper = () => {
  const { t } = useTranslation();
  const change = (): void => {
    signedOut();
    signInNeeded.set(true);
  };
  return (
    <div className="card">
      <p>{t('keeper.only')}</p>
      <button type="button" className="primary" onClick={change}>
        {t('keeper.switch')}
      </button>
    </div>
  );
};
