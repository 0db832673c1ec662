import { Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { CONFIG, outside } from '@sluice/service-kit';
import { CardVault } from './cards/card-vault.js';
import { FakeCardVault } from './cards/fake-card-vault.js';
import { HttpCardVault } from './cards/http-card-vault.js';
import { DisplayedProducts } from './catalogue/displayed-products.js';
import type { GatewayConfig } from './config.js';
import { Claims } from './flash-sale/claims.js';
import { ClaimIntake } from './flash-sale/claim-intake.js';
import { ClaimQueue } from './flash-sale/claim-queue.js';
import { SaleCreation } from './flash-sale/sale-creation.js';
import { Sales } from './flash-sale/sales.js';
import { TicketStreams } from './flash-sale/ticket-streams.js';
import { Tickets } from './flash-sale/tickets.js';
import { Live } from './live/live.js';
import { OrderStreams } from './live/order-streams.js';
import { Streams } from './live/streams.js';
import { BusyController } from './resources/busy.controller.js';
import { CancellationsController } from './resources/cancellations.controller.js';
import { ClaimsController } from './resources/claims.controller.js';
import { CouponsController } from './resources/coupons.controller.js';
import { FlashSalesController } from './resources/flash-sales.controller.js';
import { HealthController } from './resources/health.controller.js';
import { NotificationsController } from './resources/notifications.controller.js';
import { OperationsController } from './resources/operations.controller.js';
import { OrderStreamController } from './resources/order-stream.controller.js';
import { OrdersController } from './resources/orders.controller.js';
import { ParcelsController } from './resources/parcels.controller.js';
import { PaymentsController } from './resources/payments.controller.js';
import { PointsController } from './resources/points.controller.js';
import { ProductsController } from './resources/products.controller.js';
import { TicketStreamController } from './resources/ticket-stream.controller.js';
import { UsersController } from './resources/users.controller.js';
import { Rpc } from './rpc.js';
import { ShopClock } from './shop-clock.js';
import { AuthGuard } from './web/auth.js';
import { Draining } from './web/draining.js';
import { ProblemFilter } from './web/problem.filter.js';
import { Revocations } from './web/revocations.js';
import { Tokens } from './web/tokens.js';
import { ValidationPipe } from './web/validation.pipe.js';

export const CONTROLLERS: Type[] = [
  UsersController,
  ProductsController,
  OrdersController,
  OrderStreamController,
  PaymentsController,
  CancellationsController,
  ParcelsController,
  CouponsController,
  PointsController,
  NotificationsController,
  FlashSalesController,
  ClaimsController,
  TicketStreamController,
  BusyController,
  OperationsController,
  HealthController,
];

function cardVault({ CARD_GATEWAY_URL }: GatewayConfig): CardVault {
  const url = outside(CARD_GATEWAY_URL);
  return url ? new HttpCardVault(url) : new FakeCardVault();
}

@Module({
  controllers: CONTROLLERS,
  providers: [
    Rpc,
    Revocations,
    Tokens,
    Draining,
    Live,
    ShopClock,
    Streams,
    OrderStreams,
    DisplayedProducts,
    Sales,
    SaleCreation,
    Tickets,
    ClaimQueue,
    ClaimIntake,
    Claims,
    TicketStreams,
    { provide: CardVault, useFactory: cardVault, inject: [CONFIG] },
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_PIPE, useClass: ValidationPipe },
  ],
})
export class GatewayModule {}
