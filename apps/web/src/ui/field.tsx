import { useId, type InputHTMLAttributes, type ReactNode } from 'react';

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  label: ReactNode;
  hint?: ReactNode;
  /** What the API says about this field. */
  fault?: string | undefined;
}

/** An input with its label; what is wrong with it is read out with it. */
export const Field = ({ label, hint, fault, className = '', ...input }: Props) => {
  const id = useId();
  const note = fault ?? hint;
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        aria-invalid={fault ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        {...input}
      />
      {note && (
        <small id={`${id}-note`} className={fault ? 'fault' : undefined}>
          {note}
        </small>
      )}
    </div>
  );
};
