import type { ReactNode } from 'react';
import type { Problem } from '../api/problem.js';

interface Turn {
  label: string;
  onTurn: () => void;
}

interface Props {
  /** Of the group, read out with its buttons. */
  label: string;
  name?: ReactNode;
  state: ReactNode;
  turns: readonly Turn[];
  disabled: boolean;
  problem?: Problem | undefined;
}

/** One thing that can be switched: how it is, and what can be done to it. */
export const SwitchRow = ({ label, name, state, turns, disabled, problem }: Props) => (
  <div className="switches actions" role="group" aria-label={label}>
    {name && <strong>{name}</strong>}
    <span className="hint">{state}</span>
    {turns.map((turn) => (
      <button key={turn.label} type="button" disabled={disabled} onClick={turn.onTurn}>
        {turn.label}
      </button>
    ))}
    {problem && (
      <span className="fault" role="alert">
        {problem.message}
      </span>
    )}
  </div>
);
