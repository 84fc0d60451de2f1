import { env, Uri, window } from 'vscode';
import { ApiError } from '../api/api-error.js';
import type { AdapterList, ProjectView } from '../api/types.js';
import { answering } from '../state/status-words.js';
import type { GardenerWindow } from '../window/gardener-window.js';
import { projectPath, requireProject } from '../window/require-project.js';

/** Lets the base model answer, or the newest adapter that can be used: for everybody who uses the project. */
export async function toggleAdapter(gardener: GardenerWindow): Promise<void> {
  const { project, adapter } = requireProject(gardener);
  const version = adapter.promoted ? null : await newestAdapter(gardener, project.id);
  const view = await gardener.request<ProjectView>('POST', projectPath(project.id, '/promote'), {
    body: { version },
  });
  gardener.server.putProject(view);
  window.setStatusBarMessage(`$(check) The ${answering(view)} of ${project.name} answers now.`, 5_000);
}

async function newestAdapter(gardener: GardenerWindow, id: string): Promise<number> {
  const { adapters } = await gardener.request<AdapterList>('GET', projectPath(id, '/adapters'));
  const usable = adapters.find(({ problem }) => problem === null);
  if (usable !== undefined) return usable.version;
  throw new ApiError({
    code: 'vscode.no-adapter',
    message: 'There is no adapter yet that could answer.',
    remedy: 'Train one.',
  });
}

/** Opens the product's own page of the project, which shows what the adapter gains and why it answers or not. */
export async function openScorecard(gardener: GardenerWindow): Promise<void> {
  const { project } = requireProject(gardener);
  const { url } = await gardener.address();
  await env.openExternal(Uri.parse(`${url}/p/${encodeURIComponent(project.name)}/overview`));
}
