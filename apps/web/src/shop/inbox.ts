import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { kept } from '../api/kept.js';
import { session } from '../api/session.js';
import { Store, useStore } from '../api/store.js';
import type { components } from '../generated/api.js';

export type Message = components['schemas']['Notification'];

const EVERY_MS = 5_000;

/** By user: until when the inbox was read. */
const keptRead = kept<Record<string, string>>('inbox-read', {});
const readUntil = new Store(keptRead.read());

export function markRead(userId: string, until: string): void {
  const next = { ...keptRead.read(), [userId]: until };
  keptRead.write(next);
  readUntil.set(next);
}

/** The newest messages, also those that arrive while the page is open. */
export function useInbox(): Message[] | undefined {
  const current = useStore(session);
  const { data } = useQuery({
    queryKey: ['inbox', current?.userId],
    queryFn: async ({ signal }) => {
      const query = { limit: 50 };
      return (await ask(() => api.GET('/me/notifications', { params: { query }, signal }), { signal })).data.items;
    },
    enabled: current !== undefined,
    refetchInterval: EVERY_MS,
  });
  return data;
}

export function useUnread(): number {
  const current = useStore(session);
  const until = useStore(readUntil)[current?.userId ?? ''] ?? '';
  return (useInbox() ?? []).filter(({ at }) => at > until).length;
}

/** Until when the person has read, as of the first render: what was new then stays marked. */
export const readBefore = (userId: string): string => keptRead.read()[userId] ?? '';
