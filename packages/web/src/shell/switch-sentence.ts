import type { SwitchView } from '../api/types.js';
import { shortCommit } from '../format.js';

/** "Switched to shop in 41 ms: adapter 3, index at 1a2b3c4, its own conversations." */
export function switchSentence({ project, ms, adapter }: SwitchView): string {
  const model = adapter.version === null ? 'base model' : `adapter ${adapter.version}`;
  const commit = shortCommit(project.index.commit);
  const index =
    project.index.state === 'none' ? 'no index yet' : `index ${commit ? `at ${commit}` : 'as it was'}`;
  return `Switched to ${project.project.name} in ${Math.max(1, Math.round(ms))} ms: ${model}, ${index}, its own conversations.`;
}
