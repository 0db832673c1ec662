import { z } from 'zod';
import { ACCEPTED } from './kit/accepted.js';
import { command, event, query } from './kit/message.js';
import { isVisible, SECRET, secretText, visibleText } from './kit/text.js';
import { Id, Instant } from './kit/values.js';
import { Channel } from './notifications.js';

/** Phone number in E.164 format. */
export const Phone = z
  .string()
  .regex(/^\+[1-9][0-9]{6,14}$/, 'a phone number is a plus sign and 7 to 15 digits, as in E.164');
/**
 * The upper bound limits the cost of hashing input from unauthenticated clients. Lone surrogates are refused: all of
 * them encode to the same bytes before hashing, so passwords made of them would match each other.
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

export const LANGUAGES = ['en', 'zh'] as const;
/** Language of the texts to a person (ISO 639-1). */
export const Language = z.enum(LANGUAGES);
export type Language = z.infer<typeof Language>;
/** An address of a usual form: letters, digits and few signs, at a host with a name. */
export const EmailAddress = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@([A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}$/,
    'an e-mail address is name@host, in letters, digits and . _ % + -',
  );
export const Profile = z.object({
  id: Id,
  phone: Phone,
  name: z.string(),
  verified: z.boolean(),
  email: z.string().optional(),
  language: Language,
  channels: z.array(Channel),
});
export type Profile = z.infer<typeof Profile>;
/** What a person may change: what is not named stays. The inbox is always among the channels; no address is null. */
export const NewPreferences = z.strictObject({
  email: EmailAddress.nullable().optional(),
  language: Language.optional(),
  channels: z.array(Channel).max(10).optional(),
});

/** Client address as the rate limits count it: an IPv4 address, or the first address of an IPv6 /64 network. */
export const ClientAddress = z.union([z.ipv4(), z.ipv6()]);

export const SignUp = command('accounts.sign-up', NewUser.extend({ userId: Id, client: ClientAddress.optional() }), {
  reply: User,
  transient: true,
  about:
    "Transient because it carries a password, which never rests on a broker's disk. The same phone, name and password " +
    'as those of an account that was just made is that account, under its own id. Problems: 409 phone taken; 429 with ' +
    'retryAfter (s) after too many failures of this client with this phone, or too many codes to this number.',
});
export const SignIn = command('accounts.sign-in', Credentials.extend({ client: ClientAddress.optional() }), {
  reply: Session,
  transient: true,
  about:
    'Failures are counted by client and phone; without a client they are not. Problems: 401, the same for an unknown ' +
    'phone and a wrong password; 429 with retryAfter (s) after too many failures, the same too; 503 with retryAfter ' +
    '(s) too many passwords wait to be compared.',
});
export const VerifyPhone = command('accounts.verify-phone', VerificationCode.extend({ userId: Id }), {
  transient: true,
  about:
    'Whoever proves a number has it: other unverified accounts with this number lose it. Problems: 404 no such ' +
    'account, 422 wrong or outdated code, 429 too many tries.',
});
export const ResendCode = command('accounts.resend-code', z.object({ userId: Id }), {
  transient: true,
  mayRest: true,
  about:
    'A new code; the former one is void. Nothing happens when the phone is verified. Problems: 404 no such account, ' +
    '429 with retryAfter (s) too soon, or too many for this account or this number.',
});

/** Identity and expiry of an access token, as the gateway read them from the token. */
export const HeldToken = z.object({ tokenId: Id, expiresAt: Instant });

/**
 * Tokens revoked before they expire: the token `tokenId`, or all tokens of the user whose epoch is below `minEpoch`,
 * except `keep`. After `expiresAt` all of them have expired and the revocation can be dropped.
 */
export const Revocation = z.object({
  userId: Id,
  tokenId: Id.optional(),
  minEpoch: z.int().optional(),
  keep: Id.optional(),
  expiresAt: Instant,
});
export type Revocation = z.infer<typeof Revocation>;

export const SignOut = command('accounts.sign-out', HeldToken.extend({ userId: Id }), {
  reply: Revocation,
  transient: true,
  mayRest: true,
  about: 'The token is void from now on. Twice is once.',
});
export const NewPassword = z.strictObject({ current: GivenPassword, new: Password });
export const GetProfile = query('accounts.profile', z.object({ userId: Id }), Profile, {
  about: 'Problems: 404 no such account, or another account has its number.',
});
export const ChangeProfile = command('accounts.change-profile', NewPreferences.extend({ userId: Id }), {
  reply: Profile,
  transient: true,
  mayRest: true,
  about: 'Problems: 404 as for `accounts.profile`.',
});
const PasswordChange = z.object({
  userId: Id,
  tokenId: Id,
  password: GivenPassword,
  newPassword: Password,
  client: ClientAddress.optional(),
});
export const ChangePassword = command('accounts.change-password', PasswordChange, {
  reply: Revocation,
  transient: true,
  about:
    'All tokens of the user are void but the one that is named. Problems: 403 the current password is wrong, 404 no ' +
    'such account, 429 and 503 as for `accounts.sign-in`, with which it shares the count of failures.',
});
export const SetRole = command('accounts.set-role', z.object({ userId: Id, role: Role }), {
  transient: true,
  mayRest: true,
  about: 'All tokens of the user are void, since they name the former role. Problems: 404 no such account.',
});
export const ListRevocations = query(
  'accounts.revocations',
  z.object({
    changedSince: Instant.optional(),
    cursor: Id.optional(),
    limit: z.int().min(1).max(1_000).default(1_000),
  }),
  z.object({ items: z.array(Revocation), next: Id.optional(), at: Instant }),
  {
    about:
      'What is void before its end and would still be good otherwise; all of it, or what was added or changed since ' +
      'then. `at`: the time of the database before it was read.',
  },
);

export const AccountRegistered = event(
  'account.registered',
  z.object({ userId: Id, phone: Phone, name: z.string(), code: z.string(), version: z.int() }),
  {
    about: '`code` goes to the phone by SMS; it is good for one use and ten minutes.',
  },
);
const IssuedCode = z.object({ userId: Id, phone: Phone, code: z.string(), version: z.int() });
export const CodeIssued = event('account.code_issued', IssuedCode, {
  about: 'Another code, on request; `code` goes to the phone by SMS, and the former one is void.',
});
export const AccountVerified = event('account.verified', z.object({ userId: Id, phone: Phone, version: z.int() }), {
  optional: true,
});
export const TokensRevoked = event('account.tokens_revoked', Revocation.extend({ version: z.int() }), {
  optional: true,
  about: 'Whoever checks tokens refuses these from now on.',
});
export const ProfileChanged = event(
  'account.profile_changed',
  z.object({
    userId: Id,
    email: z.string().nullable(),
    language: Language,
    channels: z.array(Channel),
    version: z.int(),
  }),
  {
    about: 'How this person wants to be told, from now on; whoever keeps a copy ignores an older version.',
  },
);
