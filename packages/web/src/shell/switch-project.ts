import { projectPath, putProject } from '../api/projects.js';
import { asApiError, request } from '../api/request.js';
import type { ProjectView, SwitchView } from '../api/types.js';
import { toast } from '../design/toast.js';
import { type ProjectPage, projectHref } from '../route.js';
import { navigate } from '../router.js';
import { switchSentence } from './switch-sentence.js';

/** Makes a project the active one and opens it; a notice says which model and index are used, and how long it took. */
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
