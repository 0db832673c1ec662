import { useTranslation } from 'react-i18next';
import { connection } from '../api/connection.js';
import { useStore } from '../api/store.js';
import { waits } from '../api/waits.js';
import { useNow } from '../ui/use-now.js';

/** What the page is waiting for, while it does. */
export const Banner = () => {
  const { t } = useTranslation();
  const isGone = useStore(connection) === 'gone';
  const [wait] = useStore(waits);
  return (
    <div role="status" aria-live="polite">
      {isGone ? <p className="banner gone">{t('connection.gone')}</p> : wait && <WaitLine {...wait} />}
    </div>
  );
};

const WaitLine = ({ reason, until }: { reason: 'busy' | 'down'; until: number }) => {
  const { t } = useTranslation();
  useNow();
  const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1_000));
  return <p className="banner">{t(`connection.${reason}`, { seconds })}</p>;
};
