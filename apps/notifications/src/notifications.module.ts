import { Module } from '@nestjs/common';
import { CONFIG, outside } from '@sluice/service-kit';
import type { NotificationsConfig } from './config.js';
import { Delivering } from './delivering.js';
import { Inbox } from './inbox.js';
import { NotificationsListener } from './notifications.listener.js';
import { NotificationsRepository } from './notifications.repository.js';
import { HttpProvider } from './provider.http.js';
import { InboxProvider } from './provider.inbox.js';
import { EMAIL_PROVIDER, type Provider, SMS_PROVIDER } from './provider.js';

function provider(setting: string | undefined, kind: string): Provider {
  const url = outside(setting);
  return url ? new HttpProvider(url) : new InboxProvider(kind);
}

const smsProvider = ({ SMS_PROVIDER_URL }: NotificationsConfig): Provider => provider(SMS_PROVIDER_URL, 'SMS');
const emailProvider = ({ EMAIL_PROVIDER_URL }: NotificationsConfig): Provider => provider(EMAIL_PROVIDER_URL, 'e-mail');

@Module({
  controllers: [NotificationsListener],
  providers: [
    NotificationsRepository,
    Delivering,
    Inbox,
    { provide: SMS_PROVIDER, useFactory: smsProvider, inject: [CONFIG] },
    { provide: EMAIL_PROVIDER, useFactory: emailProvider, inject: [CONFIG] },
  ],
})
export class NotificationsModule {}
