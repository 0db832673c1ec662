import { useQuery } from '@tanstack/react-query';

export interface DemoUser {
  role: 'customer' | 'admin';
  phone: string;
  password: string;
}

/** What the gateway says to its page. A production system has no such address, and no demo users. */
async function readSettings(signal: AbortSignal): Promise<{ demoUsers: DemoUser[] }> {
  const response = await fetch('/page/settings', { signal });
  return response.ok ? ((await response.json()) as { demoUsers: DemoUser[] }) : { demoUsers: [] };
}

export const useDemoUsers = (): DemoUser[] =>
  useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => readSettings(signal), staleTime: Infinity }).data
    ?.demoUsers ?? [];
