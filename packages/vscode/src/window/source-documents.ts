import { type TextDocumentContentProvider, type Uri, workspace } from 'vscode';
import type { SourceText } from '../api/types.js';
import { SOURCE_SCHEME } from './files-of-project.js';
import type { GardenerWindow } from './gardener-window.js';

/** The server gives 2,000 lines at once. */
const MOST_PIECES = 25;

/** Shows files that the window does not have, as the server has them. */
export function registerSourceDocuments(gardener: GardenerWindow): void {
  const provider: TextDocumentContentProvider = {
    provideTextDocumentContent: (uri) => readSource(gardener, uri),
  };
  gardener.context.subscriptions.push(workspace.registerTextDocumentContentProvider(SOURCE_SCHEME, provider));
}

async function readSource(gardener: GardenerWindow, { path, query: project }: Uri): Promise<string> {
  const pieces: string[] = [];
  for (let from = 1; pieces.length < MOST_PIECES; ) {
    const query = new URLSearchParams({ path: path.slice(1), from: String(from) });
    const piece = await gardener.request<SourceText>(
      'GET',
      `/api/projects/${encodeURIComponent(project)}/source?${query}`,
    );
    pieces.push(piece.text);
    if (piece.to >= piece.totalLines) break;
    from = piece.to + 1;
  }
  return pieces.join('\n');
}
