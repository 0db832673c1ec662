import { useSearchParams } from 'react-router';

/** What is looked at closely: a queue or a service. */
export interface Selection {
  queue?: string | undefined;
  service?: string | undefined;
}

/** The selection is part of the address, so that it survives a reload and can be sent to somebody. */
export function useSelection(): { selected: Selection; select: (one: Selection) => void } {
  const [params, setParams] = useSearchParams();
  return {
    selected: { queue: params.get('queue') ?? undefined, service: params.get('service') ?? undefined },
    select: ({ queue, service }) =>
      setParams(
        { ...(queue !== undefined && { queue }), ...(service !== undefined && { service }) },
        { replace: true },
      ),
  };
}
