export interface FollowedRoute {
  route: string;
  /** Where a reader begins. */
  controller: string;
  /** The most files of the service that a reader opens, the controller and the imports of types included. */
  mostFiles: number;
}

/** The routes under load, which everybody reads first: their code must stay easy to follow. */
export const FOLLOWED_ROUTES: readonly FollowedRoute[] = [
  {
    route: 'POST /flash-sales/{id}/claims',
    controller: 'apps/gateway/src/flash-sale/claims.controller.ts',
    mostFiles: 14,
  },
  { route: 'POST /orders', controller: 'apps/gateway/src/orders/orders.controller.ts', mostFiles: 12 },
];
