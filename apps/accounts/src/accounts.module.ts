import { Module } from '@nestjs/common';
import { Reannouncement } from '@sluice/service-kit';
import { Pool } from 'pg';
import { AccountHandler } from './account.handler.js';
import { AccountQueries } from './account.queries.js';
import { accountReannouncement } from './account.reannouncement.js';
import { AccountRepository } from './account.repository.js';
import { AccountsListener } from './accounts.listener.js';
import { ExpiredSweep } from './expired.sweep.js';
import { PasswordCalls } from './password.calls.js';
import { RevocationQueries } from './revocation.queries.js';
import { Seed } from './seed.js';
import { SignInAddressQueries } from './sign-in-address.queries.js';
import { SignInFailureRepository } from './sign-in-failure.repository.js';

@Module({
  controllers: [AccountsListener],
  providers: [
    ...[AccountRepository, SignInFailureRepository, AccountQueries, RevocationQueries, SignInAddressQueries],
    ...[AccountHandler, PasswordCalls, ExpiredSweep, Seed],
    { provide: Reannouncement, useFactory: accountReannouncement, inject: [Pool, AccountRepository] },
  ],
})
export class AccountsModule {}
