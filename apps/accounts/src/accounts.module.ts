import { Module } from '@nestjs/common';
import { AccountsListener } from './accounts.listener.js';
import { AccountsRepository } from './accounts.repository.js';
import { Seed } from './seed.js';

@Module({ controllers: [AccountsListener], providers: [AccountsRepository, Seed] })
export class AccountsModule {}
