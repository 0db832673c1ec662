import { Controller } from '@nestjs/common';
import {
  BookCarrier,
  DeliverParcel,
  DispatchParcel,
  GetParcel,
  HaltParcels,
  OrderPaid,
  RecallCarrier,
  type Message,
} from '@sluice/contracts';
import { On } from '@sluice/messaging';
import { Booking } from './booking.js';
import { halt } from './halting.js';
import { deliver, dispatch, orderPaid, viewOf } from './parcel.js';
import { ParcelRepository } from './parcel.repository.js';

@Controller()
export class LogisticsListener {
  constructor(
    private readonly parcels: ParcelRepository,
    private readonly booking: Booking,
  ) {}

  @On(OrderPaid)
  orderPaid(message: Message<typeof OrderPaid>) {
    return this.parcels.changeAll(message, (existing, now) => orderPaid(existing, message.data, now));
  }

  @On(HaltParcels)
  haltParcels(message: Message<typeof HaltParcels>) {
    return this.parcels.changeAll(message, (existing, now) => halt(existing, message.data, now));
  }

  /** In a queue of its own, so that a slow carrier delays nothing else. */
  @On(BookCarrier, { queue: 'bookings', outside: true })
  bookCarrier(message: Message<typeof BookCarrier>) {
    return this.booking.book(message);
  }

  @On(RecallCarrier, { queue: 'bookings', outside: true })
  recallCarrier(message: Message<typeof RecallCarrier>) {
    return this.booking.recall(message);
  }

  @On(DispatchParcel)
  dispatchParcel(message: Message<typeof DispatchParcel>) {
    return this.parcels.change(message, message.data.parcelId, (parcel, now) =>
      dispatch(parcel, reporterOf(message), now),
    );
  }

  @On(DeliverParcel)
  deliverParcel(message: Message<typeof DeliverParcel>) {
    return this.parcels.change(message, message.data.parcelId, (parcel, now) =>
      deliver(parcel, reporterOf(message), now),
    );
  }

  @On(GetParcel)
  async getParcel({ data }: Message<typeof GetParcel>) {
    return viewOf(await this.parcels.parcel(data.parcelId));
  }
}

const reporterOf = ({ reply }: Message) => ({ expectsReply: reply !== undefined });
