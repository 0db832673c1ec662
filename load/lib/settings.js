/** Addresses of this machine only. A user part before the host is refused, because it can hide another host. */
const LOOPBACK = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/;

/** Address of the shop. Only loopback is allowed, so that a typo never becomes an attack on another system. */
export const BASE_URL = baseUrl((__ENV.BASE_URL || 'http://127.0.0.1:8080').replace(/\/+$/, ''));

function baseUrl(url) {
  if (LOOPBACK.test(url) || __ENV.LOAD_ALLOW_REMOTE === 'yes') return url;
  throw new Error(
    `BASE_URL is ${url}: load aims at this machine only. If that system is yours to load, set LOAD_ALLOW_REMOTE=yes.`,
  );
}

/** Reads a whole number from the environment. An unset variable gives the fallback. @throws Error out of bounds */
export function whole(name, fallback, { least = 1, most }) {
  const given = __ENV[name];
  if (!given) return fallback;
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} is "${given}": it must be a whole number from ${least} to ${most}.`);
}

/** The administrator of the development seed, unless the environment names another one. */
export const ADMIN = { phone: __ENV.ADMIN_PHONE || '+10000000000', password: __ENV.ADMIN_PASSWORD || 'admin-password' };

/** Options of every script. Setup and teardown wait for conditions, up to these times. */
export const COMMON = {
  setupTimeout: '90s',
  teardownTimeout: '300s',
  batchPerHost: 20,
  summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(95)', 'p(99)'],
};
