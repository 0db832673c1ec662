import { BaseEdge, getBezierPath, type Edge, type EdgeProps } from '@xyflow/react';
import { useOfSnapshot } from './feed.js';
import { paceOf, rateOf, widthOf, type Arrow } from './layout.js';

export type FlowEdgeType = Edge<{ arrow: Arrow }, 'flow'>;

/** What is going wrong flows in another colour. */
const TONES: Record<string, string> = { retry: 'warn', dead: 'bad' };

/** An arrow along which messages move: as wide as their rate. */
export const FlowEdge = ({ data, id, sourceX, sourceY, targetX, targetY, ...rest }: EdgeProps<FlowEdgeType>) => {
  const { sourcePosition, targetPosition } = rest;
  const [path] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  const arrow = data!.arrow;
  const width = useOfSnapshot((snapshot) => widthOf(rateOf(arrow, snapshot)), 1);
  const pace = useOfSnapshot((snapshot) => paceOf(rateOf(arrow, snapshot)), 0);
  const tone = TONES[arrow.exchange] ?? arrow.kind;
  return (
    <g className={`flow ${tone}${pace === 0 ? ' still' : ''}`}>
      <BaseEdge id={id} path={path} style={{ strokeWidth: width }} />
      {pace > 0 && (
        <path
          d={path}
          className="messages"
          style={{ strokeWidth: Math.max(2.5, width * 0.7), animationDuration: `${pace}s` }}
        />
      )}
    </g>
  );
};
