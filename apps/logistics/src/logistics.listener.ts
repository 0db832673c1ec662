import { Controller } from '@nestjs/common';
import { BookCarrier, DeliverParcel, DispatchParcel, GetParcel, OrderPaid, type Message } from '@sluice/contracts';
import { On } from '@sluice/messaging';
import { Booking } from './booking.js';
import { deliver, dispatch, orderPaid, parcelIds, viewOf } from './parcel.js';
import { ParcelRepository } from './parcel.repository.js';

@Controller()
export class LogisticsListener {
  constructor(
    private readonly parcels: ParcelRepository,
    private readonly booking: Booking,
  ) {}

  @On(OrderPaid)
  orderPaid(message: Message<typeof OrderPaid>) {
    return this.parcels.create(message, parcelIds(message.data), (existing, now) => orderPaid(existing, message.data, now));
  }

  /** A queue of its own: a slow carrier holds up nothing else. */
  @On(BookCarrier, { queue: 'bookings' })
  bookCarrier(message: Message<typeof BookCarrier>) {
    return this.booking.book(message);
  }

  @On(DispatchParcel)
  dispatchParcel(message: Message<typeof DispatchParcel>) {
    return this.parcels.change(message, message.data.parcelId, dispatch);
  }

  @On(DeliverParcel)
  deliverParcel(message: Message<typeof DeliverParcel>) {
    return this.parcels.change(message, message.data.parcelId, (parcel, now) => deliver(parcel, { asked: message.reply !== undefined }, now));
  }

  @On(GetParcel)
  async getParcel({ data }: Message<typeof GetParcel>) {
    return viewOf(await this.parcels.parcel(data.parcelId));
  }
}
