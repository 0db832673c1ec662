import { ForeignUserError } from './apply-users.js';
import { management, vhostOf } from './management.js';

const NOTHING = '^$';

/**
 * Creates a user that reads the counts of every queue over the management API, as an autoscaler does, and can neither
 * publish nor consume. Idempotent; its password is set again. Needs an administrator.
 * @throws ForeignUserError when a user of that name belongs to another system
 */
export async function applyMonitoringUser(
  managementUrl: string,
  url: string,
  { name, password }: { name: string; password: string },
): Promise<void> {
  const api = management(managementUrl, url);
  const [user, tag] = [encodeURIComponent(name), `sluice-${vhostOf(url)}`];
  const known = await api.get<{ tags: string | string[] }>(`users/${user}`);
  if (known && !known.tags.includes(tag)) throw new ForeignUserError([name]);
  await api.put(`users/${user}`, { password, tags: `monitoring,${tag}` });
  await api.put(`permissions/${api.vhost}/${user}`, { configure: NOTHING, write: NOTHING, read: NOTHING });
}
