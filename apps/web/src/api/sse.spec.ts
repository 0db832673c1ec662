import { expect, it } from 'vitest';
import { EventParser, type ServerEvent } from './sse.js';

function eventsOf(...pieces: string[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const parser = new EventParser((event) => events.push(event));
  for (const piece of pieces) parser.push(piece);
  return events;
}

const TEXT =
  'retry: 1000\n\nid: 7\nevent: order\ndata: {"a":1}\n\n: still there\n\nevent: order\ndata: two\ndata: lines\n\n';
const EVENTS = [
  { id: '7', event: 'order', data: '{"a":1}' },
  { id: '7', event: 'order', data: 'two\nlines' },
];

it('reads events, and keeps the id of the last that had one', () => expect(eventsOf(TEXT)).toEqual(EVENTS));

it('reads the same wherever the pieces end', () => {
  for (let at = 1; at < TEXT.length; at++) expect(eventsOf(TEXT.slice(0, at), TEXT.slice(at))).toEqual(EVENTS);
});

it('reads the same whatever the lines end with', () => {
  const crlf = TEXT.replaceAll('\n', '\r\n');
  for (let at = 1; at < crlf.length; at++) expect(eventsOf(crlf.slice(0, at), crlf.slice(at))).toEqual(EVENTS);
});

it('waits for the end of an event', () => expect(eventsOf('data: half')).toEqual([]));
