import { Module } from '@nestjs/common';
import { CONFIG, outside, prismaClient, Sweep } from '@sluice/service-kit';
import { Pool } from 'pg';
import { Capturing } from './capturing.js';
import { FakeCardGateway } from './card-gateway.fake.js';
import { HttpCardGateway } from './card-gateway.http.js';
import { CARD_GATEWAY, type CardGateway } from './card-gateway.js';
import type { PaymentsConfig } from './config.js';
import { PrismaClient } from './generated/prisma/client.js';
import { overdueSweep } from './overdue.sweep.js';
import { PaymentsListener } from './payments.listener.js';
import { PaymentsRepository } from './payments.repository.js';
import { Refunding } from './refunding.js';

function gateway({ CARD_GATEWAY_URL }: PaymentsConfig): CardGateway {
  const url = outside(CARD_GATEWAY_URL);
  return url ? new HttpCardGateway(url) : new FakeCardGateway();
}

@Module({
  controllers: [PaymentsListener],
  providers: [
    prismaClient(PrismaClient),
    ...[PaymentsRepository, Capturing, Refunding],
    { provide: CARD_GATEWAY, useFactory: gateway, inject: [CONFIG] },
    { provide: Sweep, useFactory: overdueSweep, inject: [Pool, PaymentsRepository, CONFIG] },
  ],
})
export class PaymentsModule {}
