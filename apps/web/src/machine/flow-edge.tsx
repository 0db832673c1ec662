import { BaseEdge, getBezierPath, type Edge, type EdgeProps } from '@xyflow/react';
import { memo, useEffect, useMemo } from 'react';
import { useOfSnapshot } from './feed.js';
import { paceOf, rateOf, widthOf, type Arrow } from './layout.js';
import { flows } from './messages.js';
import { trackOf } from './moving.js';

export type FlowEdgeType = Edge<{ arrow: Arrow }, 'flow'>;

/** What is going wrong flows in another colour. */
const TONES: Record<string, string> = { retry: 'warn', dead: 'bad' };

/** An arrow along which messages move: as wide as their rate. */
export const FlowEdge = memo(({ data, id, sourceX, sourceY, targetX, targetY, ...rest }: EdgeProps<FlowEdgeType>) => {
  const { sourcePosition, targetPosition } = rest;
  const [path] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  const arrow = data!.arrow;
  const width = useOfSnapshot((snapshot) => widthOf(rateOf(arrow, snapshot)), 1);
  const pace = useOfSnapshot((snapshot) => paceOf(rateOf(arrow, snapshot)), 0);
  const tone = TONES[arrow.exchange] ?? arrow.kind;
  const track = useMemo(() => trackOf(path), [path]);
  useEffect(() => {
    if (pace === 0) return;
    flows.set(id, { track, pace, size: Math.max(3, width * 0.7), tone });
    return () => void flows.delete(id);
  }, [id, track, pace, width, tone]);
  return (
    <g className={`flow ${tone}${pace === 0 ? ' still' : ''}`}>
      <BaseEdge id={id} path={path} style={{ strokeWidth: width }} />
    </g>
  );
});
FlowEdge.displayName = 'FlowEdge';
