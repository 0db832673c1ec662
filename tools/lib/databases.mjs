import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseAddress } from './database-address.mjs';
import { Failure } from './failure.mjs';

/** What a service's database and its role are called. @param {string} service */
export const databaseName = (service) => `sluice_${service.replaceAll('-', '_')}`;

/**
 * One database and one login role per service: `sluice_<service>`, closed to every other service.
 * @param {string} adminUrl a user who may create databases, and roles if each service is to have its own
 * @param {string[]} services
 * @param {import('./home.mjs').Home} home keeps the roles' passwords
 * @param {(what: string) => void} [note]
 * @returns {Promise<Record<string, string>>} every service's own URL
 */
export async function ensureDatabases(adminUrl, services, home, note = () => {}) {
  const client = await connected(adminUrl);
  try {
    const admin = await describe(client);
    if (!admin.createsRoles) note(`user ${admin.name} may not create roles: it serves every service`);
    for (const service of services) await ensureDatabase(client, admin, databaseName(service), home);
    return Object.fromEntries(services.map((service) => [service, urlOf(adminUrl, admin, databaseName(service), home)]));
  } finally {
    await client.end();
  }
}

/** @returns {Promise<string>} the service's URL with a new password; connections that are open stay open */
export async function newDatabasePassword(adminUrl, service, home) {
  home.remember('databases', { ...home.recall('databases'), [databaseName(service)]: undefined });
  const urls = await ensureDatabases(adminUrl, [service], home);
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
    throw new Failure(`PostgreSQL does not let us in: ${error.message || error.code}`, 'Check DATABASE_URL; for a server with TLS, its sslmode and DATABASE_CA too.');
  });
  return client;
}

async function describe(client) {
  const { rows } = await client.query(`
    SELECT current_user AS name, rolsuper OR rolcreaterole AS "createsRoles",
      (SELECT array_agg(rolname::text) FROM pg_roles) AS roles, (SELECT array_agg(datname::text) FROM pg_database) AS databases
    FROM pg_roles WHERE rolname = current_user`);
  return rows[0];
}

async function ensureDatabase(client, admin, name, home) {
  if (admin.createsRoles) await ensureRole(client, admin, name, home);
  if (admin.databases.includes(name)) return;
  await client.query(`CREATE DATABASE ${name} ${admin.createsRoles ? `OWNER ${name}` : ''}`).catch((error) => {
    throw new Failure(`database ${name} is missing and could not be created: ${error.message}`, `Create it for ${admin.name}, or give that user CREATEDB.`);
  });
  await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
}

/** A password is set when it is made: a role that this home knows keeps its own. */
async function ensureRole(client, admin, name, home) {
  const known = home.recall('databases') ?? {};
  const exists = admin.roles.includes(name);
  if (exists && known[name]) return;
  const password = known[name] ?? randomBytes(18).toString('base64url');
  await client.query(`${exists ? 'ALTER' : 'CREATE'} ROLE ${name} LOGIN PASSWORD '${password}'`);
  if (!exists) await client.query(`GRANT ${name} TO CURRENT_USER`); // only a member may make a database for it
  home.remember('databases', { ...known, [name]: password });
}

function urlOf(adminUrl, { createsRoles }, name, home) {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  if (createsRoles) Object.assign(url, { username: name, password: home.recall('databases')[name] });
  return url.href;
}
