import { check, create, deploy, status } from '@sluice/stack/databases/migrations';

interface Outcome {
  /** Printed behind the name of the service. */
  line: string;
  /** Whether the command fails. */
  bad?: boolean;
}

/** The URLs of one service's database, as its owner and as the administrator. */
export interface DatabaseUrls {
  url: string;
  adminUrl: string;
}

/** What `npm run migrate` does for one service. */
export const MIGRATION_ACTIONS = {
  deploy: async (service: string, database: DatabaseUrls): Promise<Outcome> => {
    const applied = await deploy(service, database);
    return { line: applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply' };
  },
  status: async (service: string, database: DatabaseUrls): Promise<Outcome> => ({
    line: await status(service, database),
  }),
  check: async (service: string, database: DatabaseUrls): Promise<Outcome> => {
    const missing = await check(service, database);
    return missing
      ? { line: `the migrations lack, against schema.prisma:\n${missing}`, bad: true }
      : { line: 'migrations and schema.prisma agree' };
  },
  create: async (service: string, database: DatabaseUrls, name = ''): Promise<Outcome> => ({
    line: (await create(service, database, name)) ?? 'nothing to change',
  }),
};

export const isMigrationAction = (text: string): text is keyof typeof MIGRATION_ACTIONS =>
  Object.hasOwn(MIGRATION_ACTIONS, text);
