import type { CSSProperties } from 'react';
import { clock } from '../i18n/format.js';

interface Props {
  /** Seconds. */
  left: number;
  /** Seconds of the whole window. */
  of: number;
  /** Read out in place of the digits. */
  label: string;
}

/** A ring that empties, and the time in it. */
export const Countdown = ({ left, of, label }: Props) => (
  <div className={`countdown ${left <= 30 ? 'soon' : ''}`} role="timer" aria-label={label}>
    <svg viewBox="0 0 100 100" aria-hidden="true">
      <circle cx="50" cy="50" r="45" />
      <circle cx="50" cy="50" r="45" pathLength={1} style={{ '--left': Math.min(1, left / of) } as CSSProperties} />
    </svg>
    <span aria-hidden="true">{clock(left)}</span>
  </div>
);
