import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { follow } from '../api/follow.js';
import { kept } from '../api/kept.js';
import { session } from '../api/session.js';
import { Store, useStore } from '../api/store.js';
import { withMessage, type Message } from './messages.js';

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
  useEffect(() => {
    if (userId === undefined || !isListed) return;
    const abort = new AbortController();
    const onEvent = ({ data }: { data: string }): void => {
      const message = JSON.parse(data) as Message;
      queries.setQueryData<Message[]>(['inbox', userId], (known) => known && withMessage(known, message));
    };
    void follow('/me/stream', { signal: abort.signal, onEvent }).catch(() => {});
    return () => abort.abort();
  }, [userId, isListed, queries]);
}

export function useUnread(): number {
  const current = useStore(session);
  const until = useStore(readUntil)[current?.userId ?? ''] ?? '';
  return (useInbox() ?? []).filter(({ at }) => at > until).length;
}

/** Until when the person has read, as of the first render: what was new then stays marked. */
export const readBefore = (userId: string): string => keptRead.read()[userId] ?? '';
