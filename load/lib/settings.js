/** This machine and no other, and nothing in front of the host that would make it another's. */
const LOOPBACK = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/;

/** Where the shop is. Load aims at loopback, so that a slip of the hand never becomes an attack on somebody. */
export const BASE_URL = baseUrl((__ENV.BASE_URL || 'http://127.0.0.1:8080').replace(/\/+$/, ''));

function baseUrl(url) {
  if (LOOPBACK.test(url) || __ENV.LOAD_ALLOW_REMOTE === 'yes') return url;
  throw new Error(
    `BASE_URL is ${url}: load aims at this machine only. If that system is yours to load, set LOAD_ALLOW_REMOTE=yes.`,
  );
}

/** A whole number from the environment, within its bounds: an unset one is the fallback, a wrong one stops the run. */
export function whole(name, fallback, { least = 1, most }) {
  const given = __ENV[name];
  if (!given) return fallback;
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} is "${given}": it must be a whole number from ${least} to ${most}.`);
}

/** The administrator of the development seed, unless another is named. */
export const ADMIN = { phone: __ENV.ADMIN_PHONE || '+10000000000', password: __ENV.ADMIN_PASSWORD || 'admin-password' };

/** What every script has in common. Setup and teardown wait for facts, up to these times. */
export const COMMON = {
  setupTimeout: '90s',
  teardownTimeout: '300s',
  batchPerHost: 20,
  summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(95)', 'p(99)'],
};
