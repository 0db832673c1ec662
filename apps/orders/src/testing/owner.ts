import { GetPrices, type ProductVersion } from '@sluice/contracts';
import type { Channel, ConsumeMessage } from 'amqplib';

/** A stand-in for inventory at the other end of the real broker: it tells prices, or for a while nothing. */
export class ProductOwner {
  readonly products = new Map<string, ProductVersion>();
  /** The products that it was asked for, question by question. */
  readonly asked: string[][] = [];
  /** What it answers instead of prices. */
  problem: { title: string; status: number } | undefined;
  #consumer: string | undefined;

  private constructor(private readonly channel: Channel) {}

  static async on(connection: { createChannel(): Promise<Channel> }): Promise<ProductOwner> {
    const owner = new ProductOwner(await connection.createChannel());
    await owner.returns();
    return owner;
  }

  has(...products: ProductVersion[]): void {
    for (const product of products) this.products.set(product.sku, product);
  }

  async leaves(): Promise<void> {
    await this.channel.cancel(this.#consumer!);
  }

  async returns(): Promise<void> {
    const { consumerTag } = await this.channel.consume(
      'inventory.queries',
      (question) => question && this.#answer(question),
      { noAck: true },
    );
    this.#consumer = consumerTag;
  }

  #answer({ properties, content }: ConsumeMessage): void {
    const { skus } = GetPrices.schema.parse(JSON.parse(content.toString())) as { skus: string[] };
    this.asked.push(skus);
    const body = this.problem ?? { items: skus.flatMap((sku) => this.products.get(sku) ?? []) };
    const contentType = this.problem ? 'application/problem+json' : 'application/json';
    this.channel.sendToQueue(properties.replyTo as string, Buffer.from(JSON.stringify(body)), {
      correlationId: properties.correlationId as string,
      contentType,
      type: 'answer',
    });
  }
}
