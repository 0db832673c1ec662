export { asyncApiDocument } from './asyncapi/index.js';
export { factsIn } from './batch-format.js';
export { batchOf, factsOf, groupsForBatches } from './batches.js';
export { MessageClient, type MessageClientOptions, type RequestOptions } from './client.js';
export type { BrokerAddress, BrokerTls } from './connection.js';
export { encode, type About, type Delivery, type WireMessage, type WireProperties } from './codec.js';
export { currentMessage } from './current-message.js';
export {
  countLetters,
  deadQueueOf,
  discard,
  ownQueueOf,
  readLetters,
  streamLetters,
  redrive,
  summarise,
  type LetterFilter,
  type DeadLetter,
  type Summary,
  type FetchedLetter,
  type FetchOptions,
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
  mayBePoisonStatus,
  isUnavailableStatus,
  type Fault,
} from './faults.js';
export { declareTopology } from './declare-topology.js';
export { decisionTime } from './decision-time.js';
export { LiveFeed, type LiveFeedOptions } from './live.js';
export { On, type OnOptions } from './on.js';
export { PulseChannel, type PulseChannelOptions } from './pulse-channel.js';
export { QueueDepths, type QueueDepth } from './queue-depths.js';
export { activityNow, messagingVitals, ownQueues, type MessagingVitals } from './vitals.js';
export { Publisher, type PublisherOptions, type PublishOptions } from './publisher.js';
export { topicMatcher } from './routes.js';
export { RethrowFilter } from './rethrow-filter.js';
export { SenderVerification } from './sender-verification.js';
export { whenScraped } from './scrape.js';
export { tlsFailure, type TlsVariables } from './tls-failure.js';
export { MessageServer, type MessageServerOptions } from './server.js';
