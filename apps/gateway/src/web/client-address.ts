import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';

/** An IPv6 network is given out by so many bits, and each of its addresses is its owner's to choose (RFC 6177). */
const IPV6_BITS = 64;

/**
 * Where a request comes from, as limits count it: an IPv4 address, or the first of an IPv6 network. A proxy that is believed
 * but does not say an address (some add a port, some say "unknown") stands for all its clients itself.
 */
export function clientAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return normalizeIP(isIP(ip) === 0 ? (socket.remoteAddress ?? '0.0.0.0') : ip, IPV6_BITS);
}
