/** The 1 kB that every message carries. */
export const PAYLOAD = { text: 'x'.repeat(1_000) };

/** Quorum queue of published messages, and what binds it to the exchange of commands. */
export const PUBLISHED = { queue: 'bench.commands', key: 'bench.store' };

export interface Messenger {
  /** Sends PAYLOAD, persistent; resolves when the broker has confirmed it. */
  publish(): Promise<unknown>;
  /** Sends PAYLOAD and resolves when the server's copy of it has arrived. */
  request(): Promise<unknown>;
}

/** How one library does it; a file in sides/, or of a peer. */
export interface MessengerModule {
  connectMessenger(url: string): Promise<Messenger>;
  /** Answers requests until the process ends. */
  serveRequests(url: string): Promise<void>;
}

/** Order to the process that drives a messenger. */
export interface Drive {
  kind: keyof Messenger;
  /** Calls that wait for their result at any time. */
  inFlight: number;
  seconds: number;
}

export interface Driven {
  /** Calls that were successful. */
  count: number;
  perSecond: number;
}
