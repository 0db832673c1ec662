import { Module } from '@nestjs/common';
import { CONFIG, FakeSwitches, outside, prismaClient, Sweep } from '@sluice/service-kit';
import { Pool } from 'pg';
import type { NotificationsConfig } from './config.js';
import { DeliveryQueries } from './delivery.queries.js';
import { EndedWatchesSweep } from './ended-watches.sweep.js';
import { PrismaClient } from './generated/prisma/client.js';
import { NotificationRepository } from './notification.repository.js';
import { NotificationsListener } from './notifications.listener.js';
import { overdueSweep } from './overdue.sweep.js';
import { ProviderCalls } from './provider.calls.js';
import { FakeProvider } from './provider.fake.js';
import { HttpProvider } from './provider.http.js';
import { EMAIL_PROVIDER, type Provider, SMS_PROVIDER } from './provider.js';
import { WaitingTexts } from './waiting-texts.sweep.js';
import { WatchQueries } from './watch.queries.js';

function smsProvider({ SMS_PROVIDER_URL }: NotificationsConfig, fakes: FakeSwitches): Provider {
  const url = outside(SMS_PROVIDER_URL);
  return url ? new HttpProvider('sms', url) : new FakeProvider('sms', fakes.of('sms'));
}

/** Loads the SMTP client only where it is used. */
async function emailProvider({ SMTP_URL, SMTP_FROM }: NotificationsConfig, fakes: FakeSwitches): Promise<Provider> {
  const url = outside(SMTP_URL);
  if (!url) return new FakeProvider('email', fakes.of('email'));
  const { SmtpProvider } = await import('./provider.smtp.js');
  return new SmtpProvider('email', { url, from: SMTP_FROM });
}

@Module({
  controllers: [NotificationsListener],
  providers: [
    prismaClient(PrismaClient),
    ...[NotificationRepository, DeliveryQueries, ProviderCalls, WaitingTexts],
    ...[WatchQueries, EndedWatchesSweep],
    { provide: SMS_PROVIDER, useFactory: smsProvider, inject: [CONFIG, FakeSwitches] },
    { provide: EMAIL_PROVIDER, useFactory: emailProvider, inject: [CONFIG, FakeSwitches] },
    { provide: Sweep, useFactory: overdueSweep, inject: [Pool, NotificationRepository, WaitingTexts, CONFIG] },
  ],
})
export class NotificationsModule {}
