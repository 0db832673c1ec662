import { Inject, Injectable } from '@nestjs/common';
import type { BookCarrier, Message, RecallCarrier } from '@sluice/contracts';
import { CARRIER, type Carrier } from './carrier.js';
import { carrierBooked, needsCarrier } from './parcel.js';
import { ParcelRepository } from './parcel.repository.js';

/** Calls the carrier, after the commit of what it is asked for and before the commit of its answer. */
@Injectable()
export class Booking {
  constructor(
    private readonly parcels: ParcelRepository,
    @Inject(CARRIER) private readonly carrier: Carrier,
  ) {}

  /** A crash after the call repeats it under the same key. @throws Error no answer from the carrier, to be tried again */
  async book(message: Message<typeof BookCarrier>): Promise<void> {
    const parcel = await this.parcels.parcel(message.data.parcelId);
    // An earlier try may have reached the carrier, later than the recall did, and have brought back no answer.
    if (parcel.status === 'halted') return this.recall(message);
    if (!needsCarrier(parcel)) return;
    const { id, warehouse, address, lines } = parcel;
    const reference = await this.carrier.book({ parcelId: id, warehouse, address, lines, correlationId: message.correlationId });
    await this.parcels.change(message, id, (current) => carrierBooked(current, reference));
  }

  /** A repeat of the message is a repeat to the carrier. @throws Error no answer from the carrier, to be tried again */
  recall({ id, data, correlationId }: Message<typeof RecallCarrier> | Message<typeof BookCarrier>): Promise<void> {
    return this.carrier.recall({ parcelId: data.parcelId, key: id, correlationId });
  }
}
