import { Module } from '@nestjs/common';
import { CONFIG, outside, Sweep } from '@sluice/service-kit';
import { Pool } from 'pg';
import type { NotificationsConfig } from './config.js';
import { DeliverySender } from './delivery-sender.js';
import { Inbox } from './inbox.js';
import { NotificationsListener } from './notifications.listener.js';
import { NotificationsRepository } from './notifications.repository.js';
import { overdue } from './overdue.js';
import { HttpProvider } from './provider.http.js';
import { InboxProvider } from './provider.inbox.js';
import { EMAIL_PROVIDER, type Provider, SMS_PROVIDER } from './provider.js';

function provider(setting: string | undefined, name: string): Provider {
  const url = outside(setting);
  return url ? new HttpProvider(name, url) : new InboxProvider(name);
}

const smsProvider = ({ SMS_PROVIDER_URL }: NotificationsConfig): Provider => provider(SMS_PROVIDER_URL, 'sms');
const emailProvider = ({ EMAIL_PROVIDER_URL }: NotificationsConfig): Provider => provider(EMAIL_PROVIDER_URL, 'email');

/** Time limit of retries in a queue that calls an outside service, where OUTSIDE_FOR_SECONDS has no entry. */
const A_DAY_SECONDS = 86_400;

type Settings = NotificationsConfig & { OUTSIDE_FOR_SECONDS: Readonly<Record<string, number>> };

function textsSweep(
  notifications: NotificationsRepository,
  pool: Pool,
  { TEXT_OVERDUE_SECONDS, TEXT_SWEEP_MS, OUTSIDE_FOR_SECONDS }: Settings,
): Sweep {
  const policy = {
    overdueMs: TEXT_OVERDUE_SECONDS * 1_000,
    horizonMs: (OUTSIDE_FOR_SECONDS['sms'] ?? A_DAY_SECONDS) * 1_000,
  };
  return new Sweep('texts', TEXT_SWEEP_MS, pool, overdue(notifications, policy));
}

@Module({
  controllers: [NotificationsListener],
  providers: [
    NotificationsRepository,
    DeliverySender,
    Inbox,
    { provide: SMS_PROVIDER, useFactory: smsProvider, inject: [CONFIG] },
    { provide: EMAIL_PROVIDER, useFactory: emailProvider, inject: [CONFIG] },
    { provide: Sweep, useFactory: textsSweep, inject: [NotificationsRepository, Pool, CONFIG] },
  ],
})
export class NotificationsModule {}
