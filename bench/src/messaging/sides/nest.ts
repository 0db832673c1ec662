import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Payload, Transport, type RmqOptions } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { PAYLOAD, PUBLISHED, type Messenger } from '../messenger.js';

const QUEUE = 'bench.nest-requests';
const PATTERN = 'echo';
const PREFETCH = 100;

const client = (url: string, options: RmqOptions['options']) =>
  ClientProxyFactory.create({ transport: Transport.RMQ, options: { urls: [url], persistent: true, ...options } });

/** Nest's own client and server, with the settings that its documentation gives. */
export async function connectMessenger(url: string): Promise<Messenger> {
  const publisher = client(url, { queue: PUBLISHED.queue, noAssert: true });
  const requester = client(url, { queue: QUEUE, persistent: false, queueOptions: { durable: true } });
  await Promise.all([publisher.connect(), requester.connect()]);
  return {
    publish: () => lastValueFrom(publisher.emit(PUBLISHED.key, PAYLOAD), { defaultValue: undefined }),
    request: () => lastValueFrom(requester.send<unknown>(PATTERN, PAYLOAD)),
  };
}

@Controller()
class Listener {
  @MessagePattern(PATTERN)
  echo(@Payload() data: object): object {
    return data;
  }
}

@Module({ controllers: [Listener] })
class Wiring {}

export async function serveRequests(url: string): Promise<void> {
  const options = { urls: [url], queue: QUEUE, prefetchCount: PREFETCH, queueOptions: { durable: true } };
  const app = await NestFactory.createMicroservice(Wiring, {
    transport: Transport.RMQ,
    options,
    logger: ['error', 'warn'],
  });
  await app.listen();
}
