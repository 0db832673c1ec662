import { Inject, Injectable } from '@nestjs/common';
import type { BookCarrier, Message, RecallCarrier } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { carrierRefused, recalled } from './carrier-request.js';
import { CARRIER, type Carrier } from './carrier.js';
import { decideKnown, decideOne } from './parcel-decision.js';
import { carrierBooked, needsCarrier, parcelKeys } from './parcel.js';
import { ParcelQueries } from './parcel.queries.js';
import { ParcelRepository } from './parcel.repository.js';

/** Calls the carrier, between the commit of the request and the commit of the carrier's reply. */
@Injectable()
export class CarrierCalls {
  constructor(
    private readonly parcels: ParcelRepository,
    private readonly queries: ParcelQueries,
    @Inject(CARRIER) private readonly carrier: Carrier,
  ) {}

  /**
   * Repeats the call under the same key after a crash. @throws UnavailableError no reply from the carrier;
   * PermanentError refused for good
   */
  async book(message: Message<typeof BookCarrier>): Promise<void> {
    const parcel = await this.queries.parcelFor(message);
    // An earlier call may have reached the carrier after the recall, without a reply.
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
    await this.parcels.change(
      message,
      parcelKeys(message.data),
      decideOne(id, (current, now) => carrierBooked(current, reference, now)),
      { mayWait: true },
    );
  }

  /**
   * A redelivery repeats the call under the same key. @throws UnavailableError no reply from the carrier;
   * PermanentError refused for good
   */
  async recall(message: Message<typeof RecallCarrier> | Message<typeof BookCarrier>): Promise<void> {
    const { id, data, correlationId } = message;
    await this.carrier
      .recall({ parcelId: data.parcelId, key: id, correlationId })
      .catch((error: unknown) => this.#refused(message, error));
    await this.parcels.change(message, parcelKeys(data), decideKnown(data.parcelId, recalled));
  }

  /** Under another message id: the message itself is not done, and may be redriven. */
  async #refused(message: Message<typeof RecallCarrier> | Message<typeof BookCarrier>, error: unknown): Promise<never> {
    if (error instanceof PermanentError)
      await this.parcels.change(
        { ...message, id: newId() },
        parcelKeys(message.data),
        decideKnown(message.data.parcelId, (parcel) => carrierRefused(parcel, error.message)),
      );
    throw error;
  }
}
