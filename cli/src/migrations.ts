import { check, create, status } from '@sluice/stack/databases/make-migrations';
import { deploy } from '@sluice/stack/databases/migrations';
import type { MigratedDatabase } from '@sluice/stack/databases/with-databases';

interface Outcome {
  line: string;
  bad?: boolean;
}

/** The actions of `npm run migrate`, for one service. */
export const MIGRATION_ACTIONS = {
  deploy: async (service: string, database: MigratedDatabase): Promise<Outcome> => {
    const applied = await deploy(service, database);
    return { line: applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply' };
  },
  status: async (service: string, database: MigratedDatabase): Promise<Outcome> => ({
    line: await status(service, database),
  }),
  check: async (service: string, database: MigratedDatabase): Promise<Outcome> => {
    const missing = await check(service, database);
    return missing
      ? { line: `the migrations lack, against schema.prisma:\n${missing}`, bad: true }
      : { line: 'migrations and schema.prisma agree' };
  },
  create: async (service: string, database: MigratedDatabase, name = ''): Promise<Outcome> => ({
    line: (await create(service, database, name)) ?? 'nothing to change',
  }),
};

export const isMigrationAction = (text: string): text is keyof typeof MIGRATION_ACTIONS =>
  Object.hasOwn(MIGRATION_ACTIONS, text);
