import { GetPrices, type ProductVersion } from '@sluice/contracts';
import type { Channel, ConsumeMessage } from 'amqplib';

/** A stand-in for inventory on the real broker: replies with prices or a problem, or is stopped. */
export class ProductOwner {
  readonly products = new Map<string, ProductVersion>();
  /** SKUs of each lookup that was received. */
  readonly lookups: string[][] = [];
  /** Reply instead of prices. */
  problem: { title: string; status: number } | undefined;
  #consumer: string | undefined;

  private constructor(private readonly channel: Channel) {}

  static async on(connection: { createChannel(): Promise<Channel> }): Promise<ProductOwner> {
    const owner = new ProductOwner(await connection.createChannel());
    await owner.start();
    return owner;
  }

  add(...products: ProductVersion[]): void {
    for (const product of products) this.products.set(product.sku, product);
  }

  async stop(): Promise<void> {
    await this.channel.cancel(this.#consumer!);
  }

  async start(): Promise<void> {
    const { consumerTag } = await this.channel.consume('inventory.queries', (query) => query && this.#answer(query), {
      noAck: true,
    });
    this.#consumer = consumerTag;
  }

  #answer({ properties, content }: ConsumeMessage): void {
    const { skus } = GetPrices.schema.parse(JSON.parse(content.toString())) as { skus: string[] };
    this.lookups.push(skus);
    const body = this.problem ?? { items: skus.flatMap((sku) => this.products.get(sku) ?? []) };
    const contentType = this.problem ? 'application/problem+json' : 'application/json';
    this.channel.sendToQueue(properties.replyTo as string, Buffer.from(JSON.stringify(body)), {
      correlationId: properties.correlationId as string,
      contentType,
      type: 'answer',
    });
  }
}
