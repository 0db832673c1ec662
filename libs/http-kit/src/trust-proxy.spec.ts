import { describe, expect, it } from 'vitest';
import { clientAddress } from './client-address.js';
import { TrustProxy } from './trust-proxy.js';

describe('the trusted proxies', () => {
  it('are given by their number, counted from the nearest', () => {
    const trust = TrustProxy.parse('2');
    expect([0, 1, 2].map((hop) => trust('203.0.113.9', hop))).toEqual([true, true, false]);
    expect(TrustProxy.parse('0')('203.0.113.9', 0)).toBe(false);
  });

  it('are given by their addresses and networks, also when an IPv4 address is in IPv6 form', () => {
    const trust = TrustProxy.parse('10.0.0.0/8, 192.0.2.1,fd00::/8');
    const believed = ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.1', 'fd12::1'];
    const others = ['11.0.0.1', '192.0.2.2', '2001:db8::1', 'unknown', ''];
    expect([...believed, ...others].filter((address) => trust(address, 0))).toEqual(believed);
  });

  it.each(['true', 'all', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'proxy.example', '10.0.0', ',', '-1', '1.5'])(
    'cannot be "%s"',
    (text) => {
      expect(TrustProxy.safeParse(text).error?.issues[0]?.message).toContain('how many proxies');
    },
  );
});

describe('the address of a client', () => {
  const of = (ip: string, remoteAddress?: string) => clientAddress({ ip, socket: { remoteAddress } as never });

  it('is the same for a whole IPv6 network of 64 bits, and different for the next', () => {
    expect(of('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::');
    expect(of('2001:DB8:1:2::')).toBe('2001:db8:1:2::');
    expect(of('2001:db8:1:3::1')).not.toBe(of('2001:db8:1:2::1'));
  });

  it('is the same however an IPv4 address is spelled', () => {
    expect([of('192.0.2.1'), of('::ffff:192.0.2.1'), of('::ffff:c000:201')]).toEqual(Array(3).fill('192.0.2.1'));
  });

  it.each(['unknown', '192.0.2.1:4711', '_hidden', ''])('is the proxy’s when the header is "%s"', (header) => {
    expect(of(header, '::ffff:10.0.0.1')).toBe('10.0.0.1');
  });
});
