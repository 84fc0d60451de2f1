import { projectPath, putProject } from '../api/projects.js';
import { asApiError, request } from '../api/request.js';
import type { ProjectView, SwitchView } from '../api/types.js';
import { toast } from '../design/toast.js';
import { shortCommit } from '../format.js';
import { type ProjectPage, projectHref } from '../route.js';
import { navigate } from '../router.js';

/** Makes a project the active one, shows it, and says what has changed with it and how long that took. */
export async function switchProject(
  { project }: Pick<ProjectView, 'project'>,
  tab: ProjectPage,
): Promise<void> {
  navigate(projectHref(project.name, tab));
  try {
    const answer = await request<SwitchView>('POST', projectPath(project.id, '/switch'), {});
    putProject(answer.project);
    toast(switchSentence(answer));
  } catch (error) {
    const { message, remedy } = asApiError(error);
    toast(`${message} ${remedy}`, { bad: true });
  }
}

/** "Switched to shop in 41 ms: adapter 3, index at 1a2b3c4, its own conversations." Pure. */
export function switchSentence({ project, ms, adapter }: SwitchView): string {
  const model = adapter.version === null ? 'base model' : `adapter ${adapter.version}`;
  const commit = shortCommit(project.index.commit);
  const index =
    project.index.state === 'none' ? 'no index yet' : `index ${commit ? `at ${commit}` : 'as it was'}`;
  return `Switched to ${project.project.name} in ${Math.max(1, Math.round(ms))} ms: ${model}, ${index}, its own conversations.`;
}
