/** Called by a service that is measured. */
export interface Observer {
  began(): void;
  handled(): void;
}

export interface MeasuredService {
  /** Resolves when all committed messages are confirmed by the broker and deleted from the outbox. */
  drained(): Promise<unknown>;
  close(): Promise<void>;
}
