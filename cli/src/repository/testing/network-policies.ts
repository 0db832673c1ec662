import type { Manifest } from './manifest.js';
import { hasLabels } from './pods.js';

/** Something that sends or receives: pods of a namespace, or an address outside of the cluster. */
export interface Endpoint {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  address?: string;
}

interface Selector {
  matchLabels?: Record<string, string>;
}

interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: { cidr: string; except?: string[] };
}

interface Port {
  port: number;
  endPort?: number;
  protocol?: string;
}

interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: Port[];
}

interface Policy extends Manifest {
  spec: { podSelector: Selector; policyTypes: string[]; ingress?: Rule[]; egress?: Rule[] };
}

export const policiesOf = (manifests: readonly Manifest[]): Policy[] =>
  manifests.filter(({ kind }) => kind === 'NetworkPolicy') as Policy[];

/** Every port that a rule names; of a range the first. */
export const portsOf = (policies: readonly Policy[]): { port: number; protocol: string }[] => {
  const rules = policies.flatMap(({ spec }) => [...(spec.ingress ?? []), ...(spec.egress ?? [])]);
  const names = rules.flatMap(({ ports = [] }) => ports.map(({ port, protocol = 'TCP' }) => `${protocol} ${port}`));
  return [...new Set(names)].map((name) => {
    const [protocol = '', port] = name.split(' ');
    return { port: Number(port), protocol };
  });
};

export interface Way {
  from: Endpoint;
  to: Endpoint;
  port: number;
  protocol: string;
}

/** Whether both ends let it through: https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
export const isOpen = (policies: readonly Policy[], way: Way): boolean =>
  lets(policies, way, 'Egress') && lets(policies, way, 'Ingress');

/** Whether one end alone lets it through: a rule that nobody needs, or one whose counterpart is missing. */
export const isHalfOpen = (policies: readonly Policy[], way: Way): boolean =>
  lets(policies, way, 'Egress') !== lets(policies, way, 'Ingress');

/** An end that no policy of this direction selects accepts everything. */
function lets(policies: readonly Policy[], way: Way, direction: 'Egress' | 'Ingress'): boolean {
  const [end, other] = direction === 'Egress' ? [way.from, way.to] : [way.to, way.from];
  const own = policies.filter((policy) => policy.spec.policyTypes.includes(direction) && selects(policy, end));
  if (own.length === 0) return true;
  const rules = own.flatMap(({ spec }) => (direction === 'Egress' ? spec.egress : spec.ingress) ?? []);
  return rules.some(
    ({ from, to, ports }) =>
      ((direction === 'Egress' ? to : from) ?? [{}]).some((peer) => isPeer(peer, other, end)) &&
      (ports ?? [{ port: way.port, protocol: way.protocol }]).some((port) => includes(port, way)),
  );
}

/** Whether a policy is for pods of this kind. */
export const selects = ({ metadata, spec }: Policy, { namespace, labels = {} }: Endpoint): boolean =>
  namespace === metadata.namespace && hasLabels(labels, spec.podSelector.matchLabels);

function isPeer(peer: Peer, other: Endpoint, end: Endpoint): boolean {
  if (peer.ipBlock) return other.address !== undefined && isInBlock(peer.ipBlock, other.address);
  if (Object.keys(peer).length === 0) return true;
  if (other.namespace === undefined) return false;
  const inNamespace = peer.namespaceSelector
    ? hasLabels({ 'kubernetes.io/metadata.name': other.namespace }, peer.namespaceSelector.matchLabels)
    : other.namespace === end.namespace;
  return inNamespace && hasLabels(other.labels ?? {}, peer.podSelector?.matchLabels);
}

const includes = ({ port, endPort = port, protocol = 'TCP' }: Port, way: Way): boolean =>
  protocol === way.protocol && port <= way.port && way.port <= endPort;

const isInBlock = ({ cidr, except = [] }: { cidr: string; except?: string[] }, address: string): boolean =>
  isInNetwork(cidr, address) && !except.some((network) => isInNetwork(network, address));

/** Of version 4; the addresses of these specs are. */
function isInNetwork(cidr: string, address: string): boolean {
  const [network = '', length] = cidr.split('/');
  if (network.includes(':')) return false;
  const size = 2 ** (32 - Number(length));
  return Math.floor(numberOf(network) / size) === Math.floor(numberOf(address) / size);
}

const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
