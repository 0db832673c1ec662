import {
  collection,
  type Decision as DecisionOver,
  type Keys as KeysOf,
  type State as StateOf,
} from '@sluice/persistence';
import type { Account, PhoneNumber } from './account.js';
import type { RevocationRow } from './revocation.js';

/** Failed sign-ins with one phone number from one address, or with any number from it. */
export interface Failures {
  phone: string;
  client: string;
  failures: number;
  /** When the first of them was. */
  since: Date;
  lastAt: Date;
  version: number;
}

export const accountTables = {
  phones: collection<PhoneNumber>({
    table: 'phones',
    key: 'phone',
    columns: ['phone', 'codes', 'codesSince', 'version'],
  }),
  accounts: collection<Account>({
    table: 'accounts',
    key: 'id',
    columns: [
      ...(['id', 'phone', 'name', 'passwordHash', 'role', 'createdAt', 'verifiedAt'] as const),
      ...(['codeHash', 'codeExpiresAt', 'codeTries', 'codeResentAt', 'codes', 'codesSince'] as const),
      ...(['tokenEpoch', 'email', 'language', 'channels', 'version'] as const),
    ],
  }),
  revocations: collection<RevocationRow>({
    table: 'revocations',
    key: 'id',
    columns: ['id', 'userId', 'tokenId', 'minEpoch', 'keep', 'expiresAt', 'changedAt', 'version'],
  }),
};

export const failureTables = {
  failures: collection<Failures>({
    table: 'sign_in_failures',
    key: ['phone', 'client'],
    columns: ['phone', 'client', 'failures', 'since', 'lastAt', 'version'],
  }),
};

export type AccountKeys = KeysOf<typeof accountTables>;
export type AccountState = StateOf<typeof accountTables>;
/** Without `R`: there is no reply. */
export type AccountDecision<R = never> = DecisionOver<R, typeof accountTables>;

export type FailureKeys = KeysOf<typeof failureTables>;
export type FailureState = StateOf<typeof failureTables>;
/** Without `R`: there is no reply. */
export type FailureDecision<R = never> = DecisionOver<R, typeof failureTables>;
