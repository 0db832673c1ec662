import { Inject, Injectable } from '@nestjs/common';
import type { BookCarrier, Message } from '@sluice/contracts';
import { CARRIER, type Carrier } from './carrier.js';
import { carrierBooked, needsCarrier } from './parcel.js';
import { ParcelRepository } from './parcel.repository.js';

/** Calls the carrier, between the commit of the parcel and the commit of its answer. */
@Injectable()
export class Booking {
  constructor(
    private readonly parcels: ParcelRepository,
    @Inject(CARRIER) private readonly carrier: Carrier,
  ) {}

  /** A crash after the call repeats it under the same key. @throws Error no answer from the carrier, to be tried again */
  async book(message: Message<typeof BookCarrier>): Promise<void> {
    const parcel = await this.parcels.parcel(message.data.parcelId);
    if (!needsCarrier(parcel)) return;
    const { id, warehouse, address, lines } = parcel;
    const reference = await this.carrier.book({ parcelId: id, warehouse, address, lines, correlationId: message.correlationId });
    await this.parcels.change(message, id, (current) => carrierBooked(current, reference));
  }
}
