/** HTML standard, section 9.2; of its fields those that a client of the shop reads. */
export interface ServerSentEvent {
  id: string | undefined;
  event: string;
  data: string;
}

/** The events of a stream, as they arrive; comments and events without data are left out. */
export async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
    text = blocks.pop() ?? '';
    for (const event of blocks.map(parsed)) if (event.data !== '') yield event;
  }
}

function parsed(block: string): ServerSentEvent {
  const fields = new Map(
    block
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line) => /^(\w+): ?(.*)$/.exec(line)?.slice(1) as [string, string] | undefined)
      .filter((field) => field !== undefined),
  );
  return { id: fields.get('id'), event: fields.get('event') ?? 'message', data: fields.get('data') ?? '' };
}
