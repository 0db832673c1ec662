import { Controller, Get, Query } from '@nestjs/common';
import { ListNotifications, Notification, page, type Reply } from '@sluice/contracts';
import { Describe, Listing } from '@sluice/http-kit';
import { Rpc } from '../rpc.js';
import { Me, type Caller } from '../web/auth.js';

@Controller('me/notifications')
export class NotificationsController {
  constructor(private readonly rpc: Rpc) {}

  @Get()
  @Describe('My inbox, newest first', { 200: page(Notification) })
  list(@Me() me: Caller, @Query({ schema: Listing }) listing: Listing): Promise<Reply<typeof ListNotifications>> {
    return this.rpc.request(ListNotifications, { ...listing, userId: me.id });
  }
}
