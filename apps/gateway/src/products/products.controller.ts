import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import {
  GetProduct,
  ListProducts,
  page,
  Product,
  ProductDetails,
  PutProduct,
  Receipt,
  ReceiveStock,
  Sku,
  type Reply,
} from '@sluice/contracts';
import { Describe, Listing } from '@sluice/http-kit';
import { z } from 'zod';
import { Rpc } from '../rpc.js';
import { Public, Roles } from '../web/auth.js';
import { DisplayedProducts } from './displayed-products.js';

const ProductPath = z.object({ sku: Sku });
type ProductPath = z.output<typeof ProductPath>;
const Products = page(Product);
const Available = z.object({ sku: Sku, available: z.int() });

@Controller('products')
export class ProductsController {
  constructor(
    private readonly rpc: Rpc,
    private readonly displayedProducts: DisplayedProducts,
  ) {}

  @Public()
  @Get()
  @Describe('List products', { 200: Products })
  async list(@Query({ schema: Listing }) listing: Listing): Promise<z.output<typeof Products>> {
    const requestedAt = performance.now();
    const { items, ...rest } = await this.rpc.request(ListProducts, listing);
    return { ...rest, items: items.map((product) => this.displayedProducts.display(product, requestedAt)) };
  }

  @Public()
  @Get(':sku')
  @Describe('See a product', { 200: Product, 404: 'No such product' })
  async get(@Param({ schema: ProductPath }) { sku }: ProductPath): Promise<Product> {
    const requestedAt = performance.now();
    return this.displayedProducts.display(await this.rpc.request(GetProduct, { sku }), requestedAt);
  }

  @Roles('admin')
  @Put(':sku')
  @Describe('Add a product, or change its name and price', { 200: Product })
  async put(
    @Param({ schema: ProductPath }) { sku }: ProductPath,
    @Body({ schema: ProductDetails }) details: z.output<typeof ProductDetails>,
  ): Promise<Product> {
    const requestedAt = performance.now();
    return this.displayedProducts.display(await this.rpc.request(PutProduct, { ...details, sku }), requestedAt);
  }

  @Roles('admin')
  @Post(':sku/receipts')
  @Describe('Take in stock; the same reference twice counts once', {
    201: Available,
    404: 'No such product',
    409: 'The reference was used for another receipt',
  })
  receive(
    @Param({ schema: ProductPath }) { sku }: ProductPath,
    @Body({ schema: Receipt }) receipt: z.output<typeof Receipt>,
  ): Promise<Reply<typeof ReceiveStock>> {
    return this.rpc.request(ReceiveStock, { ...receipt, sku });
  }
}
