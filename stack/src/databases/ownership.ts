// @ts-nocheck
import pg from 'pg';
import { databaseAddress } from './address.js';

/**
 * Gives a database, and everything in it, to a role of its own, and lets the service's role read and write rows and
 * no more: in one transaction, so that services that run meanwhile notice nothing.
 * @param {string} url of an administrator, for this database
 * @param {{ database: string, role: string, owner: string }} names
 * role: the service's; owner: whose everything is to be
 */
export async function ownedApart(url, { database, role, owner }) {
  const client = new pg.Client(databaseAddress(url));
  await client.connect();
  try {
    await client.query(['BEGIN', ...statements({ database, role, owner }), 'COMMIT'].join(';\n'));
  } finally {
    await client.end();
  }
}

/**
 * What belonged to the service's role, and the database, go to the owner; what is made later is shared with the
 * service's role as well.
 */
const statements = ({ database, role, owner }) => [
  `REASSIGN OWNED BY ${role} TO ${owner}`,
  `ALTER DATABASE ${database} OWNER TO ${owner}`,
  `REVOKE ALL ON DATABASE ${database} FROM PUBLIC, ${role}`,
  `GRANT CONNECT ON DATABASE ${database} TO ${role}`,
  `GRANT USAGE, CREATE ON SCHEMA public TO ${owner}`,
  `GRANT USAGE ON SCHEMA public TO ${role}`,
  'REVOKE CREATE ON SCHEMA public FROM PUBLIC', // before PostgreSQL 15 everybody could
  `SET LOCAL ROLE ${owner}`,
  `GRANT ${ROWS} ON ALL TABLES IN SCHEMA public TO ${role}`,
  `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ${ROWS} ON TABLES TO ${role}`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ${role}`,
  historyClosed(role),
  'RESET ROLE',
];

/**
 * What has been migrated is the owner's to write down.
 * @param {string} role the service's, which is there only where it has one of its own
 */
export function historyClosed(role) {
  const table = "to_regclass('public._prisma_migrations') IS NOT NULL";
  const itsRole = `EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}')`;
  return `DO $$ BEGIN IF ${table} AND ${itsRole} THEN REVOKE ALL ON public._prisma_migrations FROM ${role}; END IF; END $$`;
}

const ROWS = 'SELECT, INSERT, UPDATE, DELETE';
