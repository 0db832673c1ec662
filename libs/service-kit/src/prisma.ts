import type { FactoryProvider } from '@nestjs/common';
import type { Pool } from 'pg';

interface Client {
  $disconnect(): Promise<void>;
}

/**
 * The class `PrismaClient` that `prisma generate` creates for one service. The adapter has no type of Prisma, so that
 * services without Prisma can compile with this library.
 */
export type GeneratedClient<C extends Client = Client> = new (options: { adapter: never }) => C;

/** Creates the Prisma client of a service over the service's own pool, and disconnects it. */
export class Prisma {
  readonly #open: Client[] = [];

  constructor(private readonly pool: Pool) {}

  /** Loads the driver adapter only for services with a Prisma client, because it costs memory. */
  async connect<C extends Client>(Generated: GeneratedClient<C>): Promise<C> {
    const { PrismaPg } = await import('@prisma/adapter-pg');
    const client = new Generated({ adapter: new PrismaPg(this.pool) as never });
    this.#open.push(client);
    return client;
  }

  async disconnect(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((client) => client.$disconnect()));
  }
}

/**
 * Provides the service's Prisma client, by its generated class: `@Inject(PrismaClient) prisma: PrismaClient`. It reads
 * over the service's pool, and disconnects when the service has stopped, before the pool closes.
 */
export const prismaClient = (Generated: GeneratedClient): FactoryProvider => ({
  provide: Generated,
  inject: [Prisma],
  useFactory: (prisma: Prisma) => prisma.connect(Generated),
});
