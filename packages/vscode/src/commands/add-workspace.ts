import { window } from 'vscode';
import type { ProjectView } from '../api/types.js';
import type { GardenerWindow } from '../window/gardener-window.js';

/** Adds the folder that is open as a project: it is indexed, and trained on if wanted. */
export async function addWorkspace(gardener: GardenerWindow): Promise<void> {
  const { folder } = gardener;
  if (folder === undefined) {
    window.showInformationMessage('Open the folder of your codebase first.');
    return;
  }
  const path = gardener.pathOf(folder) ?? (await askPath(folder.name));
  if (path === undefined) return;
  const train = await window.showQuickPick(
    [
      {
        label: 'Index and train',
        detail: 'An adapter is trained in the background, 20 minutes unless you set otherwise.',
        train: true,
      },
      {
        label: 'Index only',
        detail: 'The base model answers, with your code at hand. Training can be started later.',
        train: false,
      },
    ],
    { title: `Add ${folder.name} to Gardener`, placeHolder: path },
  );
  if (train === undefined) return;
  const view = await gardener.request<ProjectView>('POST', '/api/projects', {
    body: { path, train: train.train },
  });
  gardener.server.putProject(view);
  await gardener.chooseFor(folder, view.project.id);
  window.showInformationMessage(`${view.project.name} is being indexed. The status bar tells how far it is.`);
}

/** In a browser only the user knows where the code of this folder lies. */
function askPath(name: string): Thenable<string | undefined> {
  return window.showInputBox({
    title: `Add ${name} to Gardener`,
    prompt: 'Where the codebase lies on the machine of the server, as a whole path',
    placeHolder: `/home/you/${name}`,
    validateInput: (text) => (/^([/~]|[a-z]:[\\/])/i.test(text.trim()) ? null : 'Give a whole path.'),
  });
}
