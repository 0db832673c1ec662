import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { DeliverParcel, DispatchParcel, GetParcel, Id, Parcel } from '@sluice/contracts';
import { Describe } from '@sluice/http-kit';
import { z } from 'zod';
import { Rpc } from '../rpc.js';
import { Roles } from '../web/auth.js';

const ParcelPath = z.object({ id: Id });
type ParcelPath = z.output<typeof ParcelPath>;

@Controller('parcels')
export class ParcelsController {
  constructor(private readonly rpc: Rpc) {}

  @Roles('admin')
  @Get(':id')
  @Describe('See a parcel', { 200: Parcel, 404: 'No such parcel' })
  get(@Param({ schema: ParcelPath }) { id }: ParcelPath): Promise<Parcel> {
    return this.rpc.request(GetParcel, { parcelId: id });
  }

  @Roles('admin')
  @Post(':id/dispatch')
  @HttpCode(200)
  @Describe('The parcel has left its warehouse; twice is once', {
    200: Parcel,
    404: 'No such parcel',
    409: 'Halted: its order was cancelled',
  })
  dispatch(@Param({ schema: ParcelPath }) { id }: ParcelPath): Promise<Parcel> {
    return this.rpc.request(DispatchParcel, { parcelId: id });
  }

  @Roles('admin')
  @Post(':id/delivery')
  @HttpCode(200)
  @Describe('The parcel has arrived; twice is once', {
    200: Parcel,
    404: 'No such parcel',
    409: 'Not dispatched yet, or halted',
  })
  deliver(@Param({ schema: ParcelPath }) { id }: ParcelPath): Promise<Parcel> {
    return this.rpc.request(DeliverParcel, { parcelId: id });
  }
}
