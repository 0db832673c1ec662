import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { isProblem } from '../api/problem.js';
import { useSend } from '../ui/use-send.js';
import { useWords } from './words.js';

type Turn = 'stop' | 'start' | 'freeze' | 'crash';
type State = 'running' | 'frozen' | 'stopped';

const TURNS: Record<State, readonly Turn[]> = {
  running: ['stop', 'freeze', 'crash'],
  frozen: ['start', 'stop'],
  stopped: ['start'],
};

/** Undefined where there are no switches. */
const useSwitch = (service: string): State | undefined =>
  useQuery({
    queryKey: ['switches'],
    queryFn: async ({ signal }) =>
      (
        await ask(() => api.GET('/ops/switches', { signal }), { signal }).catch((error: unknown) => {
          if (isProblem(error, 404)) return { data: { services: [] } };
          throw error;
        })
      ).data.services,
    refetchOnWindowFocus: false,
  }).data?.find((one) => one.service === service)?.state;

/** Stops, starts, freezes or crashes a service, on a development system. */
export const Switches = ({ service }: { service: string }) => {
  const words = useWords();
  const queries = useQueryClient();
  const state = useSwitch(service);
  const { send, isSending, problem } = useSend(async (turn: Turn) => {
    await ask(() => api.POST('/ops/switches/{service}/{turn}', { params: { path: { service, turn } } }));
    await queries.invalidateQueries({ queryKey: ['switches'] });
  });
  if (!state) return null;
  return (
    <div className="switches actions" role="group" aria-label={words.switches.label(service)}>
      <span className="hint">{words.switches[state]}</span>
      {TURNS[state].map((turn) => (
        <button key={turn} type="button" disabled={isSending} onClick={() => send(turn)}>
          {words.switches[turn]}
        </button>
      ))}
      {problem && <span className="fault">{problem.message}</span>}
    </div>
  );
};
