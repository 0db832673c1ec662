// @ts-nocheck
/**
 * What is mutated and which tests must notice it.
 * @typedef {object} Group
 * @property {string} name
 * @property {string[]} files what is mutated
 * @property {string[]} specs in the order in which they run against a mutant: the fastest first
 * @property {boolean} [servers] its tests need PostgreSQL and RabbitMQ
 * @property {boolean} [light] its tests load only the errors of messaging and the tables of persistence
 */

/** The rules of one service: pure functions, and the specs that run them without a server. */
const rules = (app, files, specs) => ({
  name: app,
  light: true,
  files: files.map((file) => `apps/${app}/src/${file}.ts`),
  specs: specs.map((file) => `apps/${app}/src/${file}.spec.ts`),
});

const inFolder = (folder, suffix, names) => names.map((name) => `${folder}/${name}${suffix}`);

/** @type {Group[]} */
export const GROUPS = [
  rules(
    'orders',
    ['order', 'order-steps', 'placing', 'pricing', 'cancellation', 'deadlines'],
    ['placing', 'pricing', 'cancellation', 'deadlines', 'order', 'order-arrival', 'order-model'],
  ),
  rules(
    'inventory',
    ['allocation', 'allotment', 'reservation', 'receipt', 'stock', 'product'],
    ['stock', 'receipt', 'allocation', 'allotment', 'reservation', 'conservation'],
  ),
  rules('payments', ['payable', 'capture', 'refund', 'cancellation'], ['payable', 'cancellation']),
  rules('promotions', ['coupon', 'points', 'redemption'], ['points', 'coupon', 'redemption']),
  rules('logistics', ['parcel', 'halting'], ['parcel', 'halting']),
  rules('flash-sale', ['sale', 'claim', 'progress'], ['sale', 'claim', 'sales.model']),
  rules('notifications', ['composition', 'delivery', 'notices'], ['delivery', 'composition']),
  {
    name: 'messaging',
    files: inFolder('libs/messaging/src', '.ts', ['settlement', 'faults', 'held-messages', 'dependencies', 'schedule']),
    specs: inFolder('libs/messaging/src', '.spec.ts', [
      'settlement',
      'faults',
      'held-messages',
      'dependencies',
      'schedule',
    ]),
  },
  {
    name: 'unit of work',
    servers: true,
    files: inFolder('libs/persistence/src', '.ts', ['rows', 'collection', 'row-waiters', 'batch', 'unit-of-work']),
    specs: inFolder('libs/persistence/src', '.spec.ts', [
      'collection',
      'rows',
      'row-waiters',
      'unit-of-work',
      'failing-batches',
      'held-rows',
      'tracing',
      'metrics',
      'interleaving',
    ]),
  },
  {
    name: 'outbox',
    servers: true,
    files: inFolder('libs/persistence/src', '.ts', ['relay', 'sweep']),
    specs: inFolder('libs/persistence/src', '.spec.ts', ['relay', 'metrics']),
  },
];

const within = (file, wanted) => wanted.some((each) => file === each || file.startsWith(`${each.replace(/\/$/, '')}/`));

/**
 * @param {Group[]} groups @param {string[]} wanted files and folders; none for every file
 * @param {(file: string) => boolean} exists
 * @returns {Group[]} the groups that are left with a file to mutate, of those files and specs that exist
 */
export function chosen(groups, wanted, exists) {
  const narrowed = groups.map((group) => ({
    ...group,
    files: group.files.filter((file) => exists(file) && (wanted.length === 0 || within(file, wanted))),
    specs: group.specs.filter(exists),
  }));
  return narrowed.filter(({ files }) => files.length > 0);
}

/**
 * @param {Group[]} groups @param {(file: string) => boolean} exists
 * @returns {string[]} files that were renamed or removed, or are not written yet
 */
export const absentFiles = (groups, exists) =>
  groups.flatMap(({ files, specs }) => [...files, ...specs]).filter((file) => !exists(file));

/** @param {Group[]} groups @param {string[]} wanted @returns {string[]} those that name no file of any group */
export function unknownFiles(groups, wanted) {
  const files = groups.flatMap((group) => group.files);
  return wanted.filter((each) => !files.some((file) => within(file, [each])));
}
