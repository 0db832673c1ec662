/** One event of a stream of server-sent events. */
export interface ServerEvent {
  id: string | undefined;
  event: string;
  data: string;
}

/**
 * Reads text/event-stream (WHATWG HTML, section 9.2.6) piece by piece: a piece may end anywhere, also within a line.
 */
export class EventParser {
  #rest = '';
  #data: string[] = [];
  #event = '';
  #id: string | undefined;

  constructor(private readonly onEvent: (event: ServerEvent) => void) {}

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop()!;
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment: the server is there
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
  }

  #dispatch(): void {
    const [data, event] = [this.#data, this.#event];
    [this.#data, this.#event] = [[], ''];
    if (data.length > 0) this.onEvent({ id: this.#id, event: event || 'message', data: data.join('\n') });
  }
}
