import { z } from 'zod';
import { ACCEPTED } from './accepted.js';
import { command, event } from './message.js';
import { isVisible, SECRET, secretText, visibleText } from './text.js';
import { Id, Instant } from './values.js';

/** E.164. */
export const Phone = z.string().regex(/^\+[1-9][0-9]{6,14}$/, 'a phone number is a plus sign and 7 to 15 digits, as in E.164');
/**
 * The upper bound keeps the cost of hashing what a stranger sends small. Halves of surrogate pairs all become the same bytes
 * before they are hashed, so passwords made of them would all match each other.
 */
const GivenPassword = secretText(1, 200).register(ACCEPTED, { pattern: SECRET.any });
export const Password = secretText(8, 200)
  .refine(isVisible, 'a password is not blank')
  .register(ACCEPTED, { pattern: SECRET.seen });
export const Role = z.enum(['customer', 'admin']);
export type Role = z.infer<typeof Role>;

export const NewUser = z.strictObject({ phone: Phone, name: visibleText(100), password: Password });
export const User = z.object({ id: Id, phone: Phone, name: z.string() });
export type User = z.infer<typeof User>;
export const Credentials = z.strictObject({ phone: Phone, password: GivenPassword });
export const Session = z.object({ token: z.string(), expiresAt: Instant });
export const VerificationCode = z.strictObject({ code: z.string().regex(/^[0-9]{6}$/, 'a code is six digits') });

export const SignUp = command('accounts.sign-up', NewUser.extend({ userId: Id }), {
  reply: User, transient: true,
  about: "Transient because it carries a password, which never rests on a broker's disk. Problems: 409 phone taken.",
});
/** Where a request came from, as limits count it: an IPv4 address, or the first of an IPv6 network of 64 bits. */
export const ClientAddress = z.union([z.ipv4(), z.ipv6()]);

export const SignIn = command('accounts.sign-in', Credentials.extend({ client: ClientAddress.optional() }), {
  reply: Session, transient: true,
  about: 'Failures are counted by client and phone; without a client they are not. Problems: 401, the same for an unknown phone and a wrong password; 429 with retryAfter (s) after too many failures, the same too.',
});
export const VerifyPhone = command('accounts.verify-phone', VerificationCode.extend({ userId: Id }), {
  transient: true,
  about: 'Problems: 422 wrong or outdated code, 429 too many tries.',
});

export const AccountRegistered = event('account.registered', z.object({ userId: Id, phone: Phone, name: z.string(), code: z.string(), version: z.int() }), {
  about: '`code` goes to the phone by SMS; it is good for one use and ten minutes.',
});
export const AccountVerified = event('account.verified', z.object({ userId: Id, phone: Phone, version: z.int() }), { optional: true });
