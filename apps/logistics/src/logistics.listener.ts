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
import { CarrierCalls } from './carrier.calls.js';
import { halt } from './halt.js';
import { decideAll, decideOne } from './parcel-decision.js';
import { deliver, dispatch, orderPaid, parcelKeys, shippingKeys, viewOf } from './parcel.js';
import { ParcelQueries } from './parcel.queries.js';
import { ParcelRepository } from './parcel.repository.js';

@Controller()
export class LogisticsListener {
  constructor(
    private readonly parcels: ParcelRepository,
    private readonly queries: ParcelQueries,
    private readonly carrier: CarrierCalls,
  ) {}

  @On(OrderPaid)
  orderPaid(message: Message<typeof OrderPaid>) {
    return this.parcels.change(
      message,
      shippingKeys(message.data),
      decideAll((existing, now) => orderPaid(existing, message.data, now)),
    );
  }

  @On(HaltParcels)
  haltParcels(message: Message<typeof HaltParcels>) {
    return this.parcels.change(
      message,
      shippingKeys(message.data),
      decideAll((existing, now) => halt(existing, message.data, now)),
    );
  }

  /** In a queue of its own, so that a slow carrier delays nothing else. */
  @On(BookCarrier, { queue: 'bookings', outside: true })
  bookCarrier(message: Message<typeof BookCarrier>) {
    return this.carrier.book(message);
  }

  @On(RecallCarrier, { queue: 'bookings', outside: true })
  recallCarrier(message: Message<typeof RecallCarrier>) {
    return this.carrier.recall(message);
  }

  @On(DispatchParcel)
  dispatchParcel(message: Message<typeof DispatchParcel>) {
    return this.parcels.change(
      message,
      parcelKeys(message.data),
      decideOne(message.data.parcelId, (parcel, now) => dispatch(parcel, reporterOf(message), now)),
    );
  }

  @On(DeliverParcel)
  deliverParcel(message: Message<typeof DeliverParcel>) {
    return this.parcels.change(
      message,
      parcelKeys(message.data),
      decideOne(message.data.parcelId, (parcel, now) => deliver(parcel, reporterOf(message), now)),
    );
  }

  @On(GetParcel)
  async getParcel({ data }: Message<typeof GetParcel>) {
    return viewOf(await this.queries.parcel(data.parcelId));
  }
}

const reporterOf = ({ reply }: Message) => ({ expectsReply: reply !== undefined });
