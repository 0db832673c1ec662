import { Module } from '@nestjs/common';
import { AccountsListener } from './accounts.listener.js';
import { AccountsRepository } from './accounts.repository.js';
import { Seed } from './seed.js';
import { SignInFailures } from './sign-in-failures.repository.js';
import { SignInFailuresSweep } from './sign-in-failures.sweep.js';

@Module({ controllers: [AccountsListener], providers: [AccountsRepository, SignInFailures, SignInFailuresSweep, Seed] })
export class AccountsModule {}
