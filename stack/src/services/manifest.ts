import { z } from 'zod';

/** Variables with a secret that the system makes itself (secrets.ts); each is given only to the services that list it. */
export const SECRETS = ['TOKEN_PRIVATE_KEY', 'TOKEN_PUBLIC_KEY', 'IDEMPOTENCY_SECRET'] as const;
export type SecretName = (typeof SECRETS)[number];

const fileName = z.string().regex(/^[a-z][a-z.-]*$/, 'must be the name of a file in src, without .ts');

/**
 * The form of apps/<service>/service.json: what a service is and needs, as far as its code, its config.ts and the map
 * do not contain it (docs/decisions/0032). A spec checks every manifest against it.
 */
export const ServiceManifest = z.strictObject({
  /** The name of its folder, its user on the broker, and its host in containers. */
  name: z.string().regex(/^[a-z]+(-[a-z]+)*$/, 'must be lower-case words joined by hyphens'),
  /** Whether it owns a database, made by the migrations in prisma/<name>. */
  database: z.boolean(),
  /** The port on which it accepts HTTP requests of clients; absent: it serves no clients, only health and metrics. */
  http: z.int().min(1).max(65_535).optional(),
  secrets: z.array(z.enum(SECRETS)).optional(),
  /** Services outside the system that it calls, by the variable with their URL. */
  outside: z.record(z.string().regex(/^[A-Z_]+_URL$/), z.string()).optional(),
  /** Limit of the memory of one process. MB. */
  memoryMb: z.int().min(64),
  /** The line of `npm run audit` to which the conditions in its invariants.ts belong. */
  audit: z.string().optional(),
  /** Its pure rules, which `npm run mutate` mutates, and the specs that run them without a server, the fastest first. */
  rules: z.strictObject({ files: z.array(fileName).min(1), specs: z.array(fileName).min(1) }).optional(),
});
export type ServiceManifest = z.infer<typeof ServiceManifest>;
