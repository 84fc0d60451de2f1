import { window } from 'vscode';
import type { ProjectView } from '../api/types.js';
import { answering } from '../state/status-words.js';
import type { GardenerWindow } from '../window/gardener-window.js';

/** Says which project this folder belongs to, where its path or its name does not. */
export async function chooseProject(gardener: GardenerWindow): Promise<void> {
  const { folder, server } = gardener;
  if (folder === undefined) {
    window.showInformationMessage('Open a folder first: a project is chosen for a folder.');
    return;
  }
  const items = server.state.projects.map((view: ProjectView) => ({
    label: view.project.name,
    description: answering(view),
    detail: view.project.path,
    id: view.project.id,
  }));
  if (items.length === 0) {
    window.showInformationMessage('The server has no project yet. Add this workspace.');
    return;
  }
  const chosen = await window.showQuickPick(items, {
    title: `The project of ${folder.name}`,
    matchOnDetail: true,
  });
  if (chosen) await gardener.chooseFor(folder, chosen.id);
}
