import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';

/** Bits of an IPv6 network as assigned to one customer, who chooses the addresses in it freely (RFC 6177). */
const IPV6_BITS = 64;

/**
 * Address that limits count a request by: an IPv4 address, or the first of an IPv6 network. A trusted proxy that sends
 * no address (some add a port, some send "unknown") counts as the client of all its requests.
 */
export function clientAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return normalizeIP(isIP(ip) === 0 ? (socket.remoteAddress ?? '0.0.0.0') : ip, IPV6_BITS);
}
