import type { ProjectView } from '../../api/types.js';
import type { Mode } from './use-chat.js';

/** A mode in words, such as "Adapter 3, with retrieval". */
export function modeWords({ adapter, retrieval }: Mode, view?: Pick<ProjectView, 'adapter'>): string {
  const answers = view === undefined || (view.adapter.promoted && view.adapter.serves.answers === 'adapter');
  const trained = adapter && answers;
  const model = trained ? `Adapter${view?.adapter.version ? ` ${view.adapter.version}` : ''}` : 'Base model';
  return `${model}, ${retrieval ? 'with' : 'without'} retrieval`;
}
