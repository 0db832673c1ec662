import { Inject, Injectable } from '@nestjs/common';
import type { BookCarrier, Message, RecallCarrier } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { carrierRefused, recalled } from './carrier-requests.js';
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

  /** A crash after the call repeats it under the same key. @throws UnavailableError no answer from the carrier; PermanentError it refuses for good */
  async book(message: Message<typeof BookCarrier>): Promise<void> {
    const parcel = await this.parcels.parcel(message.data.parcelId);
    // An earlier try may have reached the carrier, later than the recall did, and have brought back no answer.
    if (parcel.status === 'halted') return this.recall(message);
    if (!needsCarrier(parcel)) return;
    const { id, warehouse, address, lines } = parcel;
    const booking = this.carrier.book({
      parcelId: id,
      warehouse,
      address,
      lines,
      correlationId: message.correlationId,
    });
    const reference = await booking.catch((error: unknown) => this.#refused(message, error));
    await this.parcels.change(message, id, (current, now) => carrierBooked(current, reference, now));
  }

  /** A repeat of the message is a repeat to the carrier. @throws UnavailableError no answer from the carrier; PermanentError it refuses for good */
  async recall(message: Message<typeof RecallCarrier> | Message<typeof BookCarrier>): Promise<void> {
    const { id, data, correlationId } = message;
    await this.carrier
      .recall({ parcelId: data.parcelId, key: id, correlationId })
      .catch((error: unknown) => this.#refused(message, error));
    await this.parcels.note(message, data.parcelId, recalled);
  }

  /** Under another id: the message itself is not done, and may be redriven. */
  async #refused(message: Message<typeof RecallCarrier> | Message<typeof BookCarrier>, error: unknown): Promise<never> {
    if (error instanceof PermanentError)
      await this.parcels.note({ ...message, id: newId() }, message.data.parcelId, (parcel) =>
        carrierRefused(parcel, error.message),
      );
    throw error;
  }
}
