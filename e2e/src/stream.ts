/** A server-sent event (HTML standard, section 9.2). */
export interface StreamEvent<T> {
  id: string;
  event: string;
  data: T;
}

export interface Stream<T> {
  status: number;
  /** Events received so far. */
  events: StreamEvent<T>[];
  /** Resolves when the server has ended the stream, or it was cut. */
  ended: Promise<void>;
  /** Breaks the connection, as a client does that loses its network. */
  cut(): void;
}

export async function openStream<T>(url: string, token: string, lastEventId?: string): Promise<Stream<T>> {
  const abort = new AbortController();
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'text/event-stream',
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  };
  const response = await fetch(url, { headers, signal: abort.signal });
  const events: StreamEvent<T>[] = [];
  const ended = read(response, (block) => events.push(...parse<T>(block))).catch(() => undefined);
  return { status: response.status, events, ended, cut: () => abort.abort() };
}

async function read(response: Response, onBlock: (block: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    blocks.forEach(onBlock);
  }
}

/** Comments and `retry:` are no events. */
function parse<T>(block: string): StreamEvent<T>[] {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const data = fields.get('data');
  return data === undefined
    ? []
    : [{ id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data: JSON.parse(data) as T }];
}
