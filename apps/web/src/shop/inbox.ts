import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { kept } from '../api/kept.js';
import { session } from '../api/session.js';
import { Store, useStore } from '../api/store.js';
import { useStream } from '../api/use-stream.js';
import { withMessage, type Message } from './messages.js';

/** How often an inbox is read whose stream is not connected. Milliseconds. */
const EVERY_MS = 15_000;

/** By user: until when the inbox was read. */
const keptRead = kept<Record<string, string>>('inbox-read', {});
const readUntil = new Store(keptRead.read());

export function markRead(userId: string, until: string): void {
  const next = { ...keptRead.read(), [userId]: until };
  keptRead.write(next);
  readUntil.set(next);
}

/** The newest messages. */
export function useInbox(): Message[] | undefined {
  const current = useStore(session);
  const { data } = useQuery({
    queryKey: ['inbox', current?.userId],
    queryFn: async ({ signal }) => {
      const query = { limit: 50 };
      return (await ask(() => api.GET('/me/notifications', { params: { query }, signal }), { signal })).data.items;
    },
    enabled: current !== undefined,
    staleTime: Infinity,
  });
  return data;
}

/** Adds the messages that arrive while somebody is signed in; used once, by the frame. */
export function useInboxStream(): void {
  const userId = useStore(session)?.userId;
  const queries = useQueryClient();
  // What arrives between the list and the connection is among the newest, which the stream sends first.
  const isListed = useInbox() !== undefined;
  const { streaming } = useStream(userId !== undefined && isListed ? '/me/stream' : undefined, {
    userId,
    onEvent: ({ data }) => {
      const message = JSON.parse(data) as Message;
      queries.setQueryData<Message[]>(['inbox', userId], (known) => known && withMessage(known, message));
    },
  });
  useEffect(() => {
    if (streaming !== 'off') return;
    const timer = setInterval(() => void queries.invalidateQueries({ queryKey: ['inbox', userId] }), EVERY_MS);
    return () => clearInterval(timer);
  }, [streaming, userId, queries]);
}

export function useUnread(): number {
  const current = useStore(session);
  const until = useStore(readUntil)[current?.userId ?? ''] ?? '';
  return (useInbox() ?? []).filter(({ at }) => at > until).length;
}

/** Until when the person has read, as of the first render: what was new then stays marked. */
export const readBefore = (userId: string): string => keptRead.read()[userId] ?? '';
