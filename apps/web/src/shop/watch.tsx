import { useTranslation } from 'react-i18next';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { kept } from '../api/kept.js';
import { session } from '../api/session.js';
import { Store, useStore } from '../api/store.js';
import { announce } from '../ui/notice.js';
import { useSend } from '../ui/use-send.js';

/** `user sku` of what is watched, as far as this browser knows: the API does not list it. */
const keptWatches = kept<string[]>('watches', []);
const watches = new Store(keptWatches.read());

function remember(userId: string | undefined, sku: string, isWatched: boolean): void {
  const entry = `${userId} ${sku}`;
  const others = keptWatches.read().filter((other) => other !== entry);
  keptWatches.write(isWatched ? [...others, entry] : others);
  watches.set(keptWatches.read());
}

/** Tells the person when the product is back, also if they are away then. */
export const Watch = ({ sku, name }: { sku: string; name: string }) => {
  const { t } = useTranslation();
  const userId = useStore(session)?.userId;
  const isWatched = useStore(watches).includes(`${userId} ${sku}`);
  const { send, isSending } = useSend(async () => {
    const params = { path: { sku } };
    if (isWatched) await ask(() => api.DELETE('/products/{sku}/watch', { params }));
    else await ask(() => api.PUT('/products/{sku}/watch', { params }));
    // Asked again: somebody may have signed in for it.
    remember(session.get()?.userId, sku, !isWatched);
    announce(t(isWatched ? 'shop.unwatched' : 'shop.watched', { name }));
  });
  return (
    <button
      type="button"
      disabled={isSending}
      aria-pressed={isWatched}
      aria-label={`${t('shop.watch')}: ${name}`}
      onClick={() => send()}
    >
      {t('shop.watch')}
    </button>
  );
};
