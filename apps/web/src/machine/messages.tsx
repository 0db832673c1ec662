import { useStoreApi } from '@xyflow/react';
import { useEffect, useRef } from 'react';
import { colorOf } from './colors.js';
import { messagesOn, type Track } from './moving.js';

/** What moves along one arrow. */
export interface Flow {
  track: Track;
  /** Seconds in which a message moves one stride. */
  pace: number;
  /** Diameter of a message. Pixels. */
  size: number;
  tone: string;
}

/** By the id of the arrow; arrows add themselves while something moves along them. */
export const flows = new Map<string, Flow>();

/** As in machine.css. */
const COLORS: Record<string, string> = {
  sent: 'var(--accent)',
  taken: 'color-mix(in oklab, var(--accent), var(--good) 60%)',
  warn: 'var(--warn)',
  bad: 'var(--bad)',
};
/** Smoother than the eye needs for dots. Milliseconds. */
const FRAME_MS = 50;
/** Drawing takes this part of the time at most, however slow the machine is. */
const MOST_OF_TIME = 0.1;
const STILL = matchMedia('(prefers-reduced-motion: reduce)');
/** More pixels would not be seen in dots. */
const MOST_PIXEL_RATIO = 2;

/**
 * The messages that move along the arrows, on one canvas over the picture. As an animation of each arrow, the browser
 * painted dashes along fifty long curves for each frame.
 */
export const Messages = () => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const store = useStoreApi();
  useEffect(() => {
    // React empties the reference before it ends this effect; a frame in between draws on what it had.
    const drawn = canvas.current!;
    let timer: ReturnType<typeof setTimeout>;
    const draw = (): void => {
      const { width, height, transform } = store.getState();
      const began = performance.now();
      if (!document.hidden && !STILL.matches) drawFlows(drawn, { width, height, transform });
      const tookMs = performance.now() - began;
      timer = setTimeout(draw, Math.max(FRAME_MS, tookMs / MOST_OF_TIME));
    };
    draw();
    return () => clearTimeout(timer);
  }, [store]);
  return <canvas ref={canvas} className="messages" aria-hidden="true" />;
};

interface Pane {
  width: number;
  height: number;
  /** Of the picture: x, y and zoom. */
  transform: readonly [number, number, number];
}

function drawFlows(canvas: HTMLCanvasElement, { width, height, transform: [x, y, zoom] }: Pane): void {
  const context = prepared(canvas, width, height);
  if (!context) return;
  context.translate(x, y);
  context.scale(zoom, zoom);
  const seconds = performance.now() / 1_000;
  for (const [tone, color] of Object.entries(COLORS)) {
    context.beginPath();
    for (const flow of flows.values()) if (flow.tone === tone) trace(context, flow, seconds);
    context.fillStyle = colorOf(color);
    context.fill();
  }
}

/** An empty canvas of this size; undefined when there is nothing to draw and it is empty already. */
function prepared(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | undefined {
  const ratio = Math.min(devicePixelRatio, MOST_PIXEL_RATIO);
  const size = [Math.round(width * ratio), Math.round(height * ratio)] as const;
  const isEmpty = canvas.dataset['empty'] === 'true';
  if (flows.size === 0 && isEmpty) return undefined;
  canvas.dataset['empty'] = String(flows.size === 0);
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

function trace(context: CanvasRenderingContext2D, { track, pace, size }: Flow, seconds: number): void {
  for (const [x, y] of messagesOn(track, pace, seconds)) {
    context.moveTo(x + size / 2, y);
    context.arc(x, y, size / 2, 0, 2 * Math.PI);
  }
}
