import { Problem } from './problem.js';
import { Store } from './store.js';

export interface Session {
  token: string;
  expiresAt: string;
  userId: string;
  role: 'customer' | 'admin';
  phone: string;
}

const KEPT = 'sluice.session';

/**
 * Who is signed in, in this tab alone: neither cookies nor other tabs have the token (docs/decisions/0040).
 * Undefined: nobody.
 */
export const session = new Store<Session | undefined>(read());

/** Whether the person is asked to sign in; requests that need it wait until then. */
export const signInNeeded = new Store(false);

export function signedIn(given: { token: string; expiresAt: string }, phone: string): void {
  const { sub: userId, role } = payloadOf(given.token);
  const next: Session = { ...given, userId, role, phone };
  sessionStorage.setItem(KEPT, JSON.stringify(next));
  session.set(next);
  signInNeeded.set(false);
}

export function signedOut(): void {
  sessionStorage.removeItem(KEPT);
  session.set(undefined);
}

/** The person does not want to sign in: what waits for it is refused. */
export function signInDismissed(): void {
  signedOut();
  signInNeeded.set(false);
}

/**
 * Asks the person to sign in, and resolves once somebody has. The views stay as they are meanwhile.
 * @param refused the token that was not accepted; a newer one may be there already
 * @throws Problem 401 the person does not want to
 */
export async function signedInAgain(refused: string | undefined, signal?: AbortSignal): Promise<void> {
  if (session.get()?.token === refused) signInNeeded.set(true);
  await signInNeeded.until((isNeeded) => !isNeeded, signal);
  if (!session.get()) throw new Problem({ type: 'about:blank', title: 'Unauthorized', status: 401 });
}

function read(): Session | undefined {
  const text = sessionStorage.getItem(KEPT);
  return text === null ? undefined : (JSON.parse(text) as Session);
}

/** The claims of a token, which only the API can verify. */
function payloadOf(token: string): { sub: string; role: Session['role'] } {
  const encoded = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(atob(encoded)) as { sub: string; role: Session['role'] };
}
