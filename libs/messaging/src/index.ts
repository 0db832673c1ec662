export { asyncApiDocument } from './asyncapi/index.js';
export { MessageClient, type MessageClientOptions, type RequestOptions } from './client.js';
export type { BrokerAddress, BrokerTls } from './connection.js';
export { encode, type About, type WireMessage, type WireProperties } from './codec.js';
export { currentMessage } from './current-message.js';
export {
  countLetters,
  deadQueueOf,
  discard,
  homeOf,
  look,
  looking,
  redrive,
  summarise,
  type Choice,
  type DeadLetter,
  type Summary,
  type Taken,
  type Taking,
} from './dead-letters/index.js';
export { DELEGATED } from './delegated.js';
export { dependencies, type DependencyState } from './dependencies.js';
export {
  LockedError,
  PermanentError,
  ProblemError,
  PublishError,
  RequestTimeoutError,
  UnavailableError,
  UnsupportedError,
  type PublishFailure,
} from './errors.js';
export {
  DATABASE,
  faultOf,
  isDatabaseFault,
  isLocked,
  isSuspectStatus,
  isUnavailableStatus,
  type Fault,
} from './faults.js';
export { judgedAt } from './judged-at.js';
export { LiveFeed, type LiveFeedOptions } from './live.js';
export { On, type OnOptions } from './on.js';
export { Publisher, type PublisherOptions, type PublishOptions } from './publisher.js';
export { RethrowFilter } from './rethrow-filter.js';
export { Senders } from './senders.js';
export { whenScraped } from './scrape.js';
export { tlsFailure, type TlsVariables } from './tls-failure.js';
export { MessageServer, type MessageServerOptions } from './server.js';
