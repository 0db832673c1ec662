import { Module } from '@nestjs/common';
import { CONFIG, type CommonConfig } from '@sluice/service-kit';
import type { NotificationsConfig } from './config.js';
import { Delivering } from './delivering.js';
import { Inbox } from './inbox.js';
import { NotificationsListener } from './notifications.listener.js';
import { NotificationsRepository } from './notifications.repository.js';
import { HttpProvider } from './provider.http.js';
import { InboxProvider } from './provider.inbox.js';
import { EMAIL_PROVIDER, type Provider, SMS_PROVIDER } from './provider.js';

function smsProvider({ SMS_PROVIDER_URL: url, NODE_ENV }: NotificationsConfig & CommonConfig): Provider {
  if (!url && NODE_ENV === 'production') throw new Error('SMS_PROVIDER_URL is not set: messages with codes are not logged in production');
  return url ? new HttpProvider(url) : new InboxProvider('SMS');
}

const emailProvider = ({ EMAIL_PROVIDER_URL: url }: NotificationsConfig): Provider => (url ? new HttpProvider(url) : new InboxProvider('e-mail'));

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
