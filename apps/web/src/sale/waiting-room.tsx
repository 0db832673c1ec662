import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { serverNow } from '../api/server-clock.js';
import { useStore } from '../api/store.js';
import { waits } from '../api/waits.js';
import { AddressFields, keptAddress } from '../shop/address-fields.js';
import type { Address } from '../shop/cart.js';
import { useNow } from '../ui/use-now.js';
import { useSend } from '../ui/use-send.js';
import { isOpen, mayClaimAgain } from './claim.js';
import { Outcome } from './outcome.js';
import type { Sale } from './sales.js';
import { useClaim } from './use-claim.js';

interface Props {
  sale: Sale;
  userId: string;
}

/** One button, the line behind it, and what comes of it. */
export const WaitingRoom = ({ sale, userId }: Props) => {
  const { t } = useTranslation();
  const { claim, problem, join } = useClaim(sale, userId);
  const isLost = problem?.status === 404;
  const isOffered = !claim || isLost || mayClaimAgain(claim, sale);
  return (
    <>
      {claim && !isLost && <Outcome claim={claim} />}
      {claim && problem && (
        <p className="fault" role="alert">
          {t('sale.unknown', { why: problem.message })}
        </p>
      )}
      {isOffered && sale.state !== 'closed' && <ClaimForm sale={sale} join={join} isAgain={claim !== undefined} />}
    </>
  );
};

interface FormProps {
  sale: Sale;
  join: (address: Address) => Promise<void>;
  isAgain: boolean;
}

const ClaimForm = ({ sale, join, isAgain }: FormProps) => {
  const { t } = useTranslation();
  useNow();
  const [address, setAddress] = useState<Address>(keptAddress.read);
  const { send, isSending, problem } = useSend(() => join(address));
  // Somebody was faster, and the view has not seen it yet.
  const isGone = problem?.status === 410;
  const isFull = useStore(waits).some(({ reason }) => reason === 'busy') && isSending;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    keptAddress.write(address);
    send();
  };
  const canPress = isOpen(sale, serverNow());
  return (
    <form className="card claim" onSubmit={submit}>
      <button className="primary huge" disabled={!canPress || isSending}>
        {t(isSending ? 'sale.joining' : isAgain ? 'sale.again' : 'sale.claim')}
      </button>
      <p className="hint" role="status">
        {isFull && t('sale.full')}
        {sale.state === 'scheduled' && !canPress && t('sale.early')}
        {(sale.state === 'sold-out' || isGone) && t('sale.soldOutText')}
        {sale.state === 'open' && sale.round > 1 && !isGone && t('sale.reopened')}
      </p>
      {problem && !isGone && (
        <p className="fault" role="alert">
          {t('common.failed', { why: problem.message })}
        </p>
      )}
      <details open={Object.values(address).includes('')}>
        <summary>{t('sale.address')}</summary>
        <AddressFields legend={t('sale.address')} address={address} onChange={setAddress} problem={problem} />
      </details>
    </form>
  );
};
