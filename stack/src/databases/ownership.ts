import { withClient } from './query-rows.js';

/** A service's database, the role that the service logs in as, and the role that owns the database and what is in it. */
export interface Ownership {
  database: string;
  role: string;
  owner: string;
}

/**
 * Gives a database, and everything in it, to a role of its own, and lets the service's role read and write rows and
 * no more: in one transaction, so that services that run meanwhile notice nothing.
 * @param url of an administrator, for this database
 */
export async function ownedApart(url: string, names: Ownership): Promise<void> {
  const script = ['BEGIN', ...statements(names), 'COMMIT'].join(';\n');
  await withClient(url, (client) => client.query(script));
}

/** The owner gets the database and all in it; the service's role may use what is there, and what is made later. */
const statements = ({ database, role, owner }: Ownership): string[] => [
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
  closeHistory(role),
  'RESET ROLE',
];

/** Closes the history of migrations to the service, where its role exists: only the owner writes it. */
export function closeHistory(role: string): string {
  const table = "to_regclass('public._prisma_migrations') IS NOT NULL";
  const itsRole = `EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}')`;
  return `DO $$ BEGIN IF ${table} AND ${itsRole} THEN REVOKE ALL ON public._prisma_migrations FROM ${role}; END IF; END $$`;
}

const ROWS = 'SELECT, INSERT, UPDATE, DELETE';
