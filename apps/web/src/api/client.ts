import createClient from 'openapi-fetch';
import type { paths } from '../generated/api.js';
import { serverClock } from './server-clock.js';
import { session } from './session.js';

/** Fetches with the token of this tab, and learns the server's time from each response. */
export async function send(request: Request): Promise<Response> {
  const token = session.get()?.token;
  if (token && !request.headers.has('authorization')) request.headers.set('authorization', `Bearer ${token}`);
  const sentAt = Date.now();
  const response = await fetch(request);
  serverClock.observe(response.headers.get('date'), sentAt, Date.now());
  return response;
}

/** The API, by types that are made from its own document: a call that it does not have does not compile. */
export const api = createClient<paths>({ baseUrl: '/', fetch: send, headers: { accept: 'application/json' } });
