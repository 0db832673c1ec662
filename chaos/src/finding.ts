/** Something that was lost or doubled. */
export interface Finding {
  kind: 'lost' | 'doubled';
  what: string;
  /** When the client waited (ms since the epoch). */
  from: number;
  to: number;
}

export const KINDS = ['lost', 'doubled'] as const satisfies Finding['kind'][];

/** A finding about no particular time, unless it is given. */
export const finding = (kind: Finding['kind'], what: string, from = -Infinity, to = Infinity): Finding => ({
  kind,
  what,
  from,
  to,
});

export const countOf = (findings: readonly Pick<Finding, 'kind'>[], kind: Finding['kind']): number =>
  findings.filter((one) => one.kind === kind).length;
