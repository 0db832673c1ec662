import { Module } from '@nestjs/common';
import { CONFIG, FakeSwitches, outside, Reannouncement, Sweep } from '@sluice/service-kit';
import { Pool } from 'pg';
import { CardGatewayCalls } from './card-gateway.calls.js';
import { FakeCardGateway } from './card-gateway.fake.js';
import { HttpCardGateway } from './card-gateway.http.js';
import { CARD_GATEWAY, type CardGateway } from './card-gateway.js';
import { chargeReannouncement } from './charge.reannouncement.js';
import type { PaymentsConfig } from './config.js';
import { overdueSweep } from './overdue.sweep.js';
import { PayableQueries } from './payable.queries.js';
import { PayableRepository } from './payable.repository.js';
import { PaymentsListener } from './payments.listener.js';

function gateway({ CARD_GATEWAY_URL }: PaymentsConfig, fakes: FakeSwitches): CardGateway {
  const url = outside(CARD_GATEWAY_URL);
  return url ? new HttpCardGateway(url) : new FakeCardGateway(fakes.of('card gateway'));
}

@Module({
  controllers: [PaymentsListener],
  providers: [
    ...[PayableRepository, PayableQueries, CardGatewayCalls],
    { provide: CARD_GATEWAY, useFactory: gateway, inject: [CONFIG, FakeSwitches] },
    { provide: Sweep, useFactory: overdueSweep, inject: [Pool, PayableRepository, CONFIG] },
    { provide: Reannouncement, useFactory: chargeReannouncement, inject: [Pool, PayableRepository, CARD_GATEWAY] },
  ],
})
export class PaymentsModule {}
