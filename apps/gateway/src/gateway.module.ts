import { Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { DatabaseClock, Draining, Live, ProblemFilter, ValidationPipe } from '@sluice/http-kit';
import { brokerOf, CONFIG, outside } from '@sluice/service-kit';
import { PointsController } from './accounts/points.controller.js';
import { ProfileController } from './accounts/profile.controller.js';
import { UsersController } from './accounts/users.controller.js';
import type { GatewayConfig } from './config.js';
import { BusyController } from './flash-sale/busy.controller.js';
import { ClaimIntake } from './flash-sale/claim-intake.js';
import { ClaimQueue } from './flash-sale/claim-queue.js';
import { ClaimsController } from './flash-sale/claims.controller.js';
import { Claims } from './flash-sale/claims.js';
import { FlashSalesController } from './flash-sale/flash-sales.controller.js';
import { SaleCreation } from './flash-sale/sale-creation.js';
import { SaleStreamController } from './flash-sale/sale-stream.controller.js';
import { SaleStreams } from './flash-sale/sale-streams.js';
import { Sales } from './flash-sale/sales.js';
import { TicketStreamController } from './flash-sale/ticket-stream.controller.js';
import { TicketStreams } from './flash-sale/ticket-streams.js';
import { Tickets } from './flash-sale/tickets.js';
import { InboxStreamController } from './inbox/inbox-stream.controller.js';
import { InboxStreams } from './inbox/inbox-streams.js';
import { NotificationsController } from './inbox/notifications.controller.js';
import { Streams } from './web/streams.js';
import { Facts } from './machine/facts.js';
import { Machine } from './machine/machine.js';
import { MachineController } from './machine/machine.controller.js';
import { SwitchesController } from './machine/switches.controller.js';
import { HealthController } from './operations/health.controller.js';
import { OperationsController } from './operations/operations.controller.js';
import { CancellationsController } from './orders/cancellations.controller.js';
import { OrderStreamController } from './orders/order-stream.controller.js';
import { OrderStreams } from './orders/order-streams.js';
import { OrdersController } from './orders/orders.controller.js';
import { ParcelsController } from './orders/parcels.controller.js';
import { CardVault } from './payments/card-vault.js';
import { FakeCardVault } from './payments/card-vault.fake.js';
import { HttpCardVault } from './payments/card-vault.http.js';
import { PayableOrders } from './payments/payable-orders.js';
import { PaymentsController } from './payments/payments.controller.js';
import { CouponsController } from './products/coupons.controller.js';
import { DisplayedProducts } from './products/displayed-products.js';
import { ProductsController } from './products/products.controller.js';
import { WatchesController } from './products/watches.controller.js';
import { Rpc } from './rpc.js';
import { AuthGuard } from './web/auth.guard.js';
import { Revocations } from './web/revocations.js';
import { Tokens } from './web/tokens.js';

export const CONTROLLERS: Type[] = [
  UsersController,
  ProfileController,
  ProductsController,
  WatchesController,
  OrdersController,
  OrderStreamController,
  PaymentsController,
  CancellationsController,
  ParcelsController,
  CouponsController,
  PointsController,
  NotificationsController,
  InboxStreamController,
  FlashSalesController,
  SaleStreamController,
  ClaimsController,
  TicketStreamController,
  BusyController,
  OperationsController,
  MachineController,
  SwitchesController,
  HealthController,
];

function cardVault({ CARD_GATEWAY_URL }: GatewayConfig): CardVault {
  const url = outside(CARD_GATEWAY_URL);
  return url ? new HttpCardVault(url) : new FakeCardVault();
}

const live = (config: GatewayConfig): Live =>
  new Live({ ...brokerOf(config), service: 'gateway', name: 'gateway listens' });

@Module({
  controllers: CONTROLLERS,
  providers: [
    Rpc,
    Revocations,
    Tokens,
    Draining,
    { provide: Live, useFactory: live, inject: [CONFIG] },
    DatabaseClock,
    Streams,
    OrderStreams,
    PayableOrders,
    InboxStreams,
    DisplayedProducts,
    Sales,
    SaleCreation,
    Tickets,
    ClaimQueue,
    ClaimIntake,
    Claims,
    TicketStreams,
    SaleStreams,
    Machine,
    Facts,
    { provide: CardVault, useFactory: cardVault, inject: [CONFIG] },
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_PIPE, useClass: ValidationPipe },
  ],
})
export class GatewayModule {}
