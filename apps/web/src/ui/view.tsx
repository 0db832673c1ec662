import { useEffect, type ReactNode } from 'react';

interface Props {
  title: string;
  lead?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** A view with its heading, which is also the title of the window. */
export const View = ({ title, lead, className = '', children }: Props) => {
  useEffect(() => {
    document.title = `${title} · Sluice`;
  }, [title]);
  return (
    <section className={`view ${className}`}>
      <header className="view-head">
        <h1>{title}</h1>
        {lead && <p className="lead">{lead}</p>}
      </header>
      {children}
    </section>
  );
};
