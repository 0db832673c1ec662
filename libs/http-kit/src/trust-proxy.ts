import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/** Whether a peer's forwarding headers are trusted; `hop` is 0 for the peer itself, 1 for the one before it. */
export type Trust = (address: string, hop: number) => boolean;

/**
 * Trusted proxies (`X-Forwarded-For`, `-Proto`): their number, or their addresses and networks. A number does not
 * identify them: use it only for a server that is reachable through them alone.
 */
export const TrustProxy = z.string().transform((text, context): Trust => {
  if (/^\d{1,2}$/.test(text)) return (_, hop) => hop < Number(text);
  try {
    return within(text.split(',').map((part) => part.trim()));
  } catch {
    context.addIssue(
      'must be how many proxies there are, or their addresses and networks, such as 10.0.0.0/8, separated by commas',
    );
    return z.NEVER;
  }
});

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** @throws Error when an entry is neither an address nor a network */
function within(networks: readonly string[]): Trust {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits, ...rest] = network.split('/');
    if (isIP(address) === 0 || rest.length > 0) throw new Error('not an address');
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, wholeBits(bits), familyOf(address));
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

function wholeBits(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new Error('not a number of bits');
  return Number(text);
}
