export * from '@sluice/stack/services/certificates';
export type { NodeTls as ServerTls } from '@sluice/stack/rabbitmq/node';
