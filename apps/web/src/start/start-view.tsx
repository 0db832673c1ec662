import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { session } from '../api/session.js';
import { useStore } from '../api/store.js';
import { DemoUsers } from '../frame/sign-in.js';
import { ArrowIcon } from '../ui/icons.js';
import { River } from './river.js';
import './start.css';

/** What this is, on one screen. */
export const StartView = () => {
  const { t } = useTranslation();
  const current = useStore(session);
  useEffect(() => {
    document.title = 'Sluice';
  }, []);
  return (
    <div className="start">
      <section className="hero">
        <div>
          <h1>{t('start.title')}</h1>
          <p className="lead">{t('start.lead')}</p>
          {!current && <DemoUsers />}
        </div>
        <River />
      </section>
      <nav className="doors" aria-label={t('start.doors')}>
        <Door to="/shop" name="shop" />
        <Door to="/sale" name="sale" />
        <Door to="/machine" name="machine" />
      </nav>
      <Promises />
    </div>
  );
};

const Door = ({ to, name }: { to: string; name: 'shop' | 'sale' | 'machine' }) => {
  const { t } = useTranslation();
  return (
    <Link to={to} className={`door ${name}`}>
      <h2>{t(`start.${name}Title`)}</h2>
      <p>{t(`start.${name}Text`)}</p>
      <span className="go">
        {t(`start.${name}Go`)} <ArrowIcon />
      </span>
    </Link>
  );
};

const Promises = () => {
  const { t } = useTranslation();
  return (
    <section className="promises" aria-label={t('start.facts')}>
      {(['fact1', 'fact2', 'fact3'] as const).map((fact) => (
        <div key={fact}>
          <h3>{t(`start.${fact}`)}</h3>
          <p>{t(`start.${fact}Text`)}</p>
        </div>
      ))}
    </section>
  );
};
