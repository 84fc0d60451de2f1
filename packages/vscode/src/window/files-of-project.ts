import { Range, type TextDocument, type TextDocumentShowOptions, Uri, window, workspace } from 'vscode';
import type { ProjectView } from '../api/types.js';
import { pathInProject } from '../state/project-of-folder.js';
import type { GardenerWindow } from './gardener-window.js';

/** The project that a document belongs to, and its path there; null for one that is in no project. */
export function placeOfDocument(
  gardener: GardenerWindow,
  { uri }: Pick<TextDocument, 'uri'>,
): { project: ProjectView; path: string } | null {
  const folder = workspace.getWorkspaceFolder(uri);
  const project = folder && gardener.projectOf(folder);
  if (!folder || !project) return null;
  const inFolder = uri.path.slice(folder.uri.path.length).replace(/^\/+/, '');
  const root = gardener.pathOf(folder);
  if (root === null) return { project, path: inFolder };
  const path = pathInProject(`${root}/${inFolder}`, project.project.path);
  return path === null ? null : { project, path };
}

/**
 * Opens lines of a project's file: the file where the window has it, else what the server has of it.
 * @param line, endLine from 1
 */
export async function openLines(
  gardener: GardenerWindow,
  project: ProjectView,
  { path, line, endLine }: { path: string; line: number; endLine: number },
  options: TextDocumentShowOptions = {},
): Promise<void> {
  const here = fileUri(gardener, project, path);
  const uri = here !== null && (await isThere(here)) ? here : sourceUri(project, path);
  const document = await workspace.openTextDocument(uri);
  const last = document.lineAt(Math.min(endLine, document.lineCount) - 1).range.end;
  const selection = new Range(Math.max(0, line - 1), 0, last.line, last.character);
  await window.showTextDocument(document, { ...options, selection });
}

function fileUri(gardener: GardenerWindow, { project }: ProjectView, path: string): Uri | null {
  const folder = (workspace.workspaceFolders ?? []).find(
    (one) => gardener.projectOf(one)?.project.id === project.id,
  );
  if (folder === undefined) return null;
  const isOnDisk = folder.uri.scheme === 'file' && gardener.pathOf(folder) !== null;
  return Uri.joinPath(isOnDisk ? Uri.file(project.path) : folder.uri, path);
}

async function isThere(uri: Uri): Promise<boolean> {
  return workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

/** Scheme of files as the server has them: secrets masked, not to be edited. */
export const SOURCE_SCHEME = 'gardener-source';

function sourceUri({ project }: ProjectView, path: string): Uri {
  return Uri.from({ scheme: SOURCE_SCHEME, path: `/${path}`, query: project.id });
}
