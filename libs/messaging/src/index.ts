export { MessageClient, type MessageClientOptions, type RequestOptions } from './client.js';
export { encode, type About, type WireMessage, type WireProperties } from './codec.js';
export { currentMessage } from './current-message.js';
export { DELEGATED } from './delegated.js';
export { PermanentError, ProblemError, PublishError, RequestTimeoutError, type PublishFailure } from './errors.js';
export { On, type OnOptions } from './on.js';
export { Publisher, type PublisherOptions, type PublishOptions } from './publisher.js';
export { RethrowFilter } from './rethrow-filter.js';
export { MessageServer, type MessageServerOptions } from './server.js';
