import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { codeOf, messageOf } from '../errors.js';
import { Failure } from '../failure.js';
import type { StateDirectory } from '../state-directory.js';
import { ownedApart } from './ownership.js';
import { withClient } from './query-rows.js';

/** The name of a service's database, and of its role. */
export const databaseName = (service: string): string => `sluice_${service.replaceAll('-', '_')}`;

/** The role that owns the database and what is in it, as which migrations run. Nobody can log in as it. */
export const ownerName = (service: string): string => `${databaseName(service)}_owner`;

/**
 * One database and one login role per service: `sluice_<service>`, closed to every other service. The role reads and writes rows,
 * and changes no table: the database is another role's (docs/decisions/0029).
 * @param adminUrl of a user who may create databases, and roles if each service is to have its own
 * @param stateDirectory keeps the roles' passwords
 * @returns every service's own URL
 */
export const ensureDatabases = (
  adminUrl: string,
  services: string[],
  stateDirectory: StateDirectory,
  printLine: (line: string) => void = () => {},
): Promise<Record<string, string>> =>
  asAdministrator(adminUrl, async (client) => {
    const admin = await describe(client);
    if (!admin.createsRoles) printLine(`user ${admin.name} may not create roles: it serves every service`);
    const entries: [string, string][] = [];
    for (const service of services)
      entries.push([service, await ensureDatabase(client, admin, { service, adminUrl, stateDirectory })]);
    return Object.fromEntries(entries);
  });

/** Where migrations run, by service: as the administrator, who becomes the owner of each database, which must exist. */
export const migrationUrls = (adminUrl: string, services: string[]): Promise<Record<string, string>> =>
  asAdministrator(adminUrl, async (client) => {
    const { createsRoles } = await describe(client);
    const urlOf = (service: string): string =>
      withRole(databaseUrl(adminUrl, service), createsRoles ? ownerName(service) : undefined);
    return Object.fromEntries(services.map((service) => [service, urlOf(service)]));
  });

const databaseUrl = (adminUrl: string, service: string): URL =>
  Object.assign(new URL(adminUrl), { pathname: `/${databaseName(service)}` });

/** By a setting of the session: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS */
function withRole(url: URL, role: string | undefined): string {
  if (role) url.searchParams.set('options', `-c role=${role}`);
  return url.href;
}

/** The service's URL with a new password; connections that are open stay open. */
export async function newDatabasePassword(
  adminUrl: string,
  service: string,
  stateDirectory: StateDirectory,
): Promise<string> {
  stateDirectory.remember('databases', { ...stateDirectory.recall('databases'), [databaseName(service)]: undefined });
  const { [service]: url = '' } = await ensureDatabases(adminUrl, [service], stateDirectory);
  return url;
}

/** Closes the databases of a new server to everybody. On servers of our own only: elsewhere they may be in use. */
export async function closeToPublic(adminUrl: string): Promise<void> {
  await asAdministrator(adminUrl, (client) => client.query('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC'));
}

const asAdministrator = <T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> =>
  withClient(adminUrl, work, { connectionTimeoutMillis: 10_000, onRefused: refused });

function refused(error: unknown): never {
  throw new Failure(
    `PostgreSQL does not let us in: ${messageOf(error) || codeOf(error)}`,
    'Check DATABASE_URL; for a server with TLS, its sslmode and DATABASE_CA too.',
  );
}

/** The administrator, and what the server holds: roles with their limits of connections, databases with their owners. */
interface Administrator {
  name: string;
  createsRoles: boolean;
  roles: Record<string, number>;
  databases: Record<string, string>;
  maxConnections: number;
}

async function describe(client: pg.Client): Promise<Administrator> {
  const { rows } = await client.query<Administrator>(`
    SELECT current_user AS name, rolsuper OR rolcreaterole AS "createsRoles",
      (SELECT json_object_agg(rolname, rolconnlimit) FROM pg_roles) AS roles,
      (SELECT json_object_agg(datname, pg_get_userbyid(datdba)) FROM pg_database) AS databases,
      current_setting('max_connections')::int AS "maxConnections"
    FROM pg_roles WHERE rolname = current_user`);
  return rows[0] as Administrator; // the user that is connected has a role
}

interface Target {
  service: string;
  adminUrl: string;
  stateDirectory: StateDirectory;
}

/** @returns the service's own URL */
async function ensureDatabase(client: pg.Client, admin: Administrator, target: Target): Promise<string> {
  const { service, adminUrl, stateDirectory } = target;
  const [name, owner] = [databaseName(service), ownerName(service)];
  const password = admin.createsRoles ? await ensureRoles(client, admin, { name, owner, stateDirectory }) : undefined;
  if (!Object.hasOwn(admin.databases, name)) await createDatabase(client, admin, name);
  const url = databaseUrl(adminUrl, service);
  if (admin.createsRoles && admin.databases[name] !== owner)
    await ownedApart(url.href, { database: name, role: name, owner });
  return Object.assign(url, password !== undefined && { username: name, password }).href;
}

async function createDatabase(client: pg.Client, admin: Administrator, name: string): Promise<void> {
  await client.query(`CREATE DATABASE ${name}`).catch((error: unknown) => {
    throw new Failure(
      `database ${name} is missing and could not be created: ${messageOf(error)}`,
      `Create it for ${admin.name}, or give that user CREATEDB.`,
    );
  });
  await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
}

interface Roles {
  name: string;
  owner: string;
  stateDirectory: StateDirectory;
}

/**
 * A password is set when it is made: a role whose password is kept here keeps it. With SET_DATABASE_PASSWORDS, where the
 * passwords are made elsewhere (stack/src/kubernetes), it is set to what is kept. @returns the password
 */
async function ensureRoles(client: pg.Client, admin: Administrator, roles: Roles): Promise<string> {
  const { name, owner, stateDirectory } = roles;
  const passwords = stateDirectory.recall('databases') ?? {};
  const password = passwords[name] ?? randomBytes(18).toString('base64url');
  const exists = Object.hasOwn(admin.roles, name);
  if (!exists || !passwords[name] || process.env['SET_DATABASE_PASSWORDS'] === 'true') {
    await client.query(`${exists ? 'ALTER' : 'CREATE'} ROLE ${name} LOGIN PASSWORD '${password}'`);
    stateDirectory.remember('databases', { ...passwords, [name]: password });
  }
  const limit = connectionLimit(admin.maxConnections);
  if (admin.roles[name] !== limit) await client.query(`ALTER ROLE ${name} CONNECTION LIMIT ${limit}`);
  if (!Object.hasOwn(admin.roles, owner)) await client.query(`CREATE ROLE ${owner} NOLOGIN`);
  // Only a member may give a database, or what is in it, to a role, or become it.
  for (const role of [name, owner])
    if (!Object.hasOwn(admin.roles, role)) await client.query(`GRANT ${role} TO CURRENT_USER`);
  return password;
}

/** A process takes up to 6. */
const MIN_CONNECTIONS = 20;
const MAX_CONNECTIONS = 10_000;

/** Of one role: a quarter of all, so that no service keeps others out, or DATABASE_CONNECTIONS_PER_SERVICE. */
export function connectionLimit(maxConnections: number, env: NodeJS.ProcessEnv = process.env): number {
  const given = env['DATABASE_CONNECTIONS_PER_SERVICE'];
  const limit = given ? Number(given) : Math.max(MIN_CONNECTIONS, Math.floor(maxConnections / 4));
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_CONNECTIONS) return limit;
  throw new Failure(
    `DATABASE_CONNECTIONS_PER_SERVICE is "${given}"`,
    `It must be a whole number from 1 to ${MAX_CONNECTIONS}.`,
  );
}
