import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { GetProduct, ListProducts, page, Product, ProductDetails, PutProduct, Receipt, ReceiveStock, Sku, type Reply } from '@sluice/contracts';
import { z } from 'zod';
import { Describe } from '../openapi/describe.js';
import { Rpc } from '../rpc.js';
import { Public, Roles } from '../web/auth.js';
import { Listing } from '../web/listing.js';

const ProductPath = z.object({ sku: Sku });
type ProductPath = z.output<typeof ProductPath>;
const Available = z.object({ sku: Sku, available: z.int() });

@Controller('products')
export class ProductsController {
  constructor(private readonly rpc: Rpc) {}

  @Public()
  @Get()
  @Describe('List products', { 200: page(Product) })
  list(@Query({ schema: Listing }) listing: Listing): Promise<Reply<typeof ListProducts>> {
    return this.rpc.ask(ListProducts, listing);
  }

  @Public()
  @Get(':sku')
  @Describe('See a product', { 200: Product, 404: 'No such product' })
  get(@Param({ schema: ProductPath }) { sku }: ProductPath): Promise<Product> {
    return this.rpc.ask(GetProduct, { sku });
  }

  @Roles('admin')
  @Put(':sku')
  @Describe('Add a product, or change its name and price', { 200: Product })
  put(@Param({ schema: ProductPath }) { sku }: ProductPath, @Body({ schema: ProductDetails }) details: z.output<typeof ProductDetails>): Promise<Product> {
    return this.rpc.ask(PutProduct, { ...details, sku });
  }

  @Roles('admin')
  @Post(':sku/receipts')
  @Describe('Take in stock; the same reference twice counts once', { 201: Available, 404: 'No such product', 409: 'The reference was used for another receipt' })
  receive(@Param({ schema: ProductPath }) { sku }: ProductPath, @Body({ schema: Receipt }) receipt: z.output<typeof Receipt>): Promise<Reply<typeof ReceiveStock>> {
    return this.rpc.ask(ReceiveStock, { ...receipt, sku });
  }
}
