import { Controls, Position, ReactFlow } from '@xyflow/react';
import { useMemo } from 'react';
import '@xyflow/react/dist/base.css';
import { feed, useOfSnapshot } from './feed.js';
import type { Snapshot } from './snapshot.js';
import { FlowEdge, type FlowEdgeType } from './flow-edge.js';
import { arrowsOf, MIDDLE, placesOf, type Arrow, type Place } from './layout.js';
import { Messages } from './messages.js';
import { ExchangeNode, ServiceNode, type PlaceNode } from './nodes.js';
import { useWords } from './words.js';

const NODE_TYPES = { service: ServiceNode, exchange: ExchangeNode };
const EDGE_TYPES = { flow: FlowEdge };
/** As in machine.css. */
const NARROW = matchMedia('(max-width: 46rem)');
const FIT = { padding: 0.02 };

/** The system as a picture. Nodes and arrows follow the figures by themselves, so only a change of places draws it anew. */
export const Picture = () => {
  const words = useWords();
  const shape = useOfSnapshot(shapeOf, '');
  const [nodes, edges] = useMemo(() => (shape === '' ? [[], []] : graphOf(feed.get().snapshot!)), [shape]);
  if (shape === '') return <p className="loading">{words.waiting}</p>;
  return (
    <div className="picture" role="group" aria-label={words.picture}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        fitView
        fitViewOptions={FIT}
        minZoom={0.25}
        maxZoom={1.6}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: true }}
      >
        <Messages />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
};

/** Changes when a queue, a service or an arrow appears or is gone. */
const shapeOf = ({ services, queues, sent }: Snapshot): string =>
  [
    ...services.map(({ service }) => service),
    ...queues.map(({ queue }) => queue),
    ...sent.map(({ service, exchange }) => `${service}→${exchange}`),
  ].join();

function graphOf(snapshot: Snapshot): [PlaceNode[], FlowEdgeType[]] {
  const places = placesOf(snapshot, NARROW.matches ? MIDDLE.narrow : MIDDLE.wide);
  const sides = new Map(places.map(({ id, side }) => [id, side]));
  return [places.map(nodeOf), arrowsOf(places, snapshot).map((arrow) => edgeOf(arrow, sides.get(arrow.service)!))];
}

const nodeOf = (place: Place): PlaceNode => ({
  id: `${place.kind} ${place.id}`,
  type: place.kind,
  position: { x: place.x, y: place.y },
  data: { place },
});

/** @param side of the exchanges on which the service stands */
function edgeOf(arrow: Arrow, side: Place['side']): FlowEdgeType {
  const [service, exchange] = [`service ${arrow.service}`, `exchange ${arrow.exchange}`];
  const end = side === 'left' ? Position.Left : Position.Right;
  const ends =
    arrow.kind === 'sent'
      ? { source: service, sourceHandle: 'sent', target: exchange, targetHandle: `in ${end}` }
      : { source: exchange, sourceHandle: `out ${end}`, target: service, targetHandle: arrow.queue! };
  return { id: arrow.id, type: 'flow', data: { arrow }, ...ends };
}
