/** The process that has started this one, when it left a pipe to itself (docs/decisions/0043). */
export interface Parent {
  send?(message: object): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** The parent with its pipe: in development alone, and nowhere without a pipe. */
export const pipeTo = (parent: Parent | undefined, environment: string): Required<Parent> | undefined =>
  environment === 'development' && parent?.send ? (parent as Required<Parent>) : undefined;
