import { Module } from '@nestjs/common';
import { MessageServer, Publisher, type WireMessage } from '@sluice/messaging';
import { CONFIG, FakeSwitches, outside, Reannouncement, Sweep } from '@sluice/service-kit';
import { Pool } from 'pg';
import { CarrierCalls } from './carrier.calls.js';
import { FakeCarrier } from './carrier.fake.js';
import { HttpCarrier } from './carrier.http.js';
import { CARRIER, type Carrier } from './carrier.js';
import type { LogisticsConfig } from './config.js';
import { LogisticsListener } from './logistics.listener.js';
import { overdueSweep } from './overdue.sweep.js';
import { ParcelQueries } from './parcel.queries.js';
import { parcelReannouncement } from './parcel.reannouncement.js';
import { ParcelRepository } from './parcel.repository.js';

function carrier(
  config: LogisticsConfig,
  publisher: Publisher,
  pool: Pool,
  server: MessageServer,
  fakes: FakeSwitches,
): Carrier {
  const url = outside(config.CARRIER_URL);
  if (url) return new HttpCarrier(url);
  const handleHere = (message: WireMessage) => server.handleHere(message);
  const delaySeconds = config.CARRIER_DELAY_SECONDS;
  return new FakeCarrier(publisher, pool, { delaySeconds, handleHere, switched: fakes.of('carrier') });
}

@Module({
  controllers: [LogisticsListener],
  providers: [
    ...[ParcelRepository, ParcelQueries, CarrierCalls],
    { provide: CARRIER, useFactory: carrier, inject: [CONFIG, Publisher, Pool, MessageServer, FakeSwitches] },
    { provide: Sweep, useFactory: overdueSweep, inject: [Pool, ParcelRepository, CONFIG] },
    { provide: Reannouncement, useFactory: parcelReannouncement, inject: [Pool, ParcelRepository, CARRIER] },
  ],
})
export class LogisticsModule {}
