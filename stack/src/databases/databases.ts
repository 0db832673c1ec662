// @ts-nocheck
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseAddress } from './address.js';
import { Failure } from '../failure.js';
import { ownedApart } from './ownership.js';

/** What a service's database and its role are called. @param {string} service */
export const databaseName = (service) => `sluice_${service.replaceAll('-', '_')}`;

/** The role that owns the database and what is in it, as which migrations run. Nobody can log in as it. @param {string} service */
export const ownerName = (service) => `${databaseName(service)}_owner`;

/**
 * One database and one login role per service: `sluice_<service>`, closed to every other service. The role reads and writes rows,
 * and changes no table: the database is another role's (docs/decisions/0029).
 * @param {string} adminUrl a user who may create databases, and roles if each service is to have its own
 * @param {string[]} services
 * @param {import('../state-directory.js').StateDirectory} stateDirectory keeps the roles' passwords
 * @param {(what: string) => void} [note]
 * @returns {Promise<Record<string, string>>} every service's own URL
 */
export async function ensureDatabases(adminUrl, services, stateDirectory, note = () => {}) {
  const client = await connected(adminUrl);
  try {
    const admin = await describe(client);
    if (!admin.createsRoles) note(`user ${admin.name} may not create roles: it serves every service`);
    for (const service of services) await ensureDatabase(client, admin, { service, adminUrl, stateDirectory });
    return Object.fromEntries(
      services.map((service) => [service, urlOf(adminUrl, admin, databaseName(service), stateDirectory)]),
    );
  } finally {
    await client.end();
  }
}

/**
 * Where the migrations of each service run: as the administrator, who becomes the owner of the database.
 * @param {string} adminUrl @param {string[]} services whose databases are there
 * @returns {Promise<Record<string, string>>}
 */
export async function migrationUrls(adminUrl, services) {
  const client = await connected(adminUrl);
  try {
    const { createsRoles } = await describe(client);
    return Object.fromEntries(
      services.map((service) => [
        service,
        withRole(databaseUrl(adminUrl, service), createsRoles && ownerName(service)),
      ]),
    );
  } finally {
    await client.end();
  }
}

const databaseUrl = (adminUrl, service) => Object.assign(new URL(adminUrl), { pathname: `/${databaseName(service)}` });

/** By a setting of the session: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS */
function withRole(url, role) {
  if (role) url.searchParams.set('options', `-c role=${role}`);
  return url.href;
}

/** @returns {Promise<string>} the service's URL with a new password; connections that are open stay open */
export async function newDatabasePassword(adminUrl, service, stateDirectory) {
  stateDirectory.remember('databases', { ...stateDirectory.recall('databases'), [databaseName(service)]: undefined });
  const urls = await ensureDatabases(adminUrl, [service], stateDirectory);
  return urls[service];
}

/**
 * Closes the databases that a server begins with, to which everybody may connect. On servers of our own only: on another one
 * somebody may rely on them.
 */
export async function closeToPublic(adminUrl) {
  const client = await connected(adminUrl);
  try {
    await client.query('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC');
  } finally {
    await client.end();
  }
}

async function connected(adminUrl) {
  const client = new pg.Client({ ...databaseAddress(adminUrl), connectionTimeoutMillis: 10_000 });
  await client.connect().catch((error) => {
    throw new Failure(
      `PostgreSQL does not let us in: ${error.message || error.code}`,
      'Check DATABASE_URL; for a server with TLS, its sslmode and DATABASE_CA too.',
    );
  });
  return client;
}

async function describe(client) {
  const { rows } = await client.query(`
    SELECT current_user AS name, rolsuper OR rolcreaterole AS "createsRoles",
      (SELECT json_object_agg(rolname, rolconnlimit) FROM pg_roles) AS roles,
      (SELECT json_object_agg(datname, pg_get_userbyid(datdba)) FROM pg_database) AS databases,
      current_setting('max_connections')::int AS "maxConnections"
    FROM pg_roles WHERE rolname = current_user`);
  return rows[0];
}

async function ensureDatabase(client, admin, { service, adminUrl, stateDirectory }) {
  const [name, owner] = [databaseName(service), ownerName(service)];
  if (admin.createsRoles) await ensureRoles(client, admin, { name, owner, stateDirectory });
  if (!Object.hasOwn(admin.databases, name)) await createDatabase(client, admin, name);
  if (admin.createsRoles && admin.databases[name] !== owner)
    await ownedApart(databaseUrl(adminUrl, service).href, { database: name, role: name, owner });
}

async function createDatabase(client, admin, name) {
  await client.query(`CREATE DATABASE ${name}`).catch((error) => {
    throw new Failure(
      `database ${name} is missing and could not be created: ${error.message}`,
      `Create it for ${admin.name}, or give that user CREATEDB.`,
    );
  });
  await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
}

/** A password is set when it is made: a role that this home knows keeps its own. */
async function ensureRoles(client, admin, { name, owner, stateDirectory }) {
  const known = stateDirectory.recall('databases') ?? {};
  const exists = Object.hasOwn(admin.roles, name);
  if (!exists || !known[name]) {
    const password = known[name] ?? randomBytes(18).toString('base64url');
    await client.query(`${exists ? 'ALTER' : 'CREATE'} ROLE ${name} LOGIN PASSWORD '${password}'`);
    stateDirectory.remember('databases', { ...known, [name]: password });
  }
  const limit = connectionLimit(admin.maxConnections);
  if (admin.roles[name] !== limit) await client.query(`ALTER ROLE ${name} CONNECTION LIMIT ${limit}`);
  if (!Object.hasOwn(admin.roles, owner)) await client.query(`CREATE ROLE ${owner} NOLOGIN`);
  // Only a member may give a database, or what is in it, to a role, or become it.
  for (const [role, isNew] of [
    [name, !exists],
    [owner, !Object.hasOwn(admin.roles, owner)],
  ])
    if (isNew) await client.query(`GRANT ${role} TO CURRENT_USER`);
}

/** A process takes up to 10. */
const LEAST_CONNECTIONS = 20;
const MOST_CONNECTIONS = 10_000;

/**
 * So many connections one service's role may have: a quarter of what the server takes, so that no service keeps the others out.
 * @param {number} maxConnections @param {NodeJS.ProcessEnv} [env] DATABASE_CONNECTIONS_PER_SERVICE sets another
 */
export function connectionLimit(maxConnections, { DATABASE_CONNECTIONS_PER_SERVICE: given } = process.env) {
  const wanted = given ? Number(given) : Math.max(LEAST_CONNECTIONS, Math.floor(maxConnections / 4));
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= MOST_CONNECTIONS) return wanted;
  throw new Failure(
    `DATABASE_CONNECTIONS_PER_SERVICE is "${given}"`,
    `It must be a whole number from 1 to ${MOST_CONNECTIONS}.`,
  );
}

function urlOf(adminUrl, { createsRoles }, name, stateDirectory) {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  if (createsRoles) Object.assign(url, { username: name, password: stateDirectory.recall('databases')[name] });
  return url.href;
}
