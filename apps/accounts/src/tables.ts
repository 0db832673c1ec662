import { collection } from '@sluice/persistence';
import type { Account, PhoneNumber } from './account.js';
import type { RevocationRow } from './revocation.js';

export const tables = {
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
      ...(['tokenEpoch', 'version'] as const),
    ],
  }),
  revocations: collection<RevocationRow>({
    table: 'revocations',
    key: 'id',
    columns: ['id', 'userId', 'tokenId', 'minEpoch', 'keep', 'expiresAt', 'changedAt', 'version'],
  }),
};
