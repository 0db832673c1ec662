import { Module } from '@nestjs/common';
import { AccountsListener } from './accounts.listener.js';
import { AccountsRepository } from './accounts.repository.js';
import { ExpiredSweep } from './expired.sweep.js';
import { SignInAddresses } from './sign-in-addresses.js';
import { Passwords } from './passwords.js';
import { Revocations } from './revocations.query.js';
import { Seed } from './seed.js';
import { SignInFailures } from './sign-in-failures.repository.js';
import { SignUps } from './sign-ups.js';

@Module({
  controllers: [AccountsListener],
  providers: [AccountsRepository, SignInFailures, SignInAddresses, Passwords, SignUps, Revocations, ExpiredSweep, Seed],
})
export class AccountsModule {}
