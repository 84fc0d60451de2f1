import { type QuickPickItem, type TextEditor, ViewColumn, window } from 'vscode';
import { isAbort } from '../api/api-error.js';
import type { ProjectView, SearchAnswer, SearchResult } from '../api/types.js';
import { openLines } from '../window/files-of-project.js';
import type { GardenerWindow } from '../window/gardener-window.js';
import { projectPath, requireProject } from '../window/require-project.js';
import { showProblem } from '../window/show-problem.js';

const DEBOUNCE_MS = 200;
const RESULTS = 20;

interface Found extends QuickPickItem {
  result: SearchResult;
}

/** Finds code by what it does or by its names; the line that is selected is shown behind the list. */
export function searchCodebase(gardener: GardenerWindow): void {
  const view = requireProject(gardener);
  const pick = window.createQuickPick<Found>();
  const before = window.activeTextEditor;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let search = new AbortController();
  let isAccepted = false;

  pick.title = `Search ${view.project.name}`;
  pick.placeholder = 'What the code does, or a name in it';
  pick.matchOnDescription = true;
  const selection = before?.document.getText(before.selection).trim() ?? '';
  if (selection !== '' && selection.length <= 200 && !selection.includes('\n')) pick.value = selection;

  const find = async () => {
    search.abort();
    search = new AbortController();
    const { signal } = search;
    const query = pick.value.trim();
    pick.busy = query !== '';
    try {
      const found = query === '' ? [] : await findCode(gardener, view, query, signal);
      pick.items = found.map(itemOf);
      pick.busy = false;
    } catch (error) {
      if (isAbort(error)) return;
      pick.hide();
      showProblem(gardener, error);
    }
  };
  pick.onDidChangeValue(() => {
    clearTimeout(timer);
    timer = setTimeout(find, DEBOUNCE_MS);
  });
  pick.onDidChangeActive(([item]) => {
    if (item) preview(gardener, view, item.result);
  });
  pick.onDidAccept(() => {
    const [item] = pick.selectedItems;
    if (item === undefined) return;
    isAccepted = true;
    pick.hide();
    openLines(gardener, view, placeOf(item.result), { preview: false }).catch((error) =>
      showProblem(gardener, error),
    );
  });
  pick.onDidHide(() => {
    clearTimeout(timer);
    search.abort();
    pick.dispose();
    if (!isAccepted) goBack(before);
  });
  pick.show();
  if (pick.value !== '') void find();
}

async function findCode(
  gardener: GardenerWindow,
  { project }: ProjectView,
  query: string,
  signal: AbortSignal,
): Promise<SearchResult[]> {
  const { results } = await gardener.request<SearchAnswer>('POST', projectPath(project.id, '/search'), {
    body: { query, k: RESULTS },
    signal,
  });
  return results;
}

function itemOf(result: SearchResult): Found {
  const { symbol, path, startLine, text } = result;
  const [first = ''] = text.split('\n').filter((line) => line.trim() !== '');
  return {
    label: `$(symbol-${iconOf(result.kind)}) ${symbol ?? path.slice(path.lastIndexOf('/') + 1)}`,
    description: `${path}:${startLine}`,
    detail: first.trim().slice(0, 200),
    // The server has searched; the list must not search once more by letters.
    alwaysShow: true,
    result,
  };
}

/** VS Code has an icon for most kinds, by the same name. */
function iconOf(kind: string): string {
  if (kind === 'type') return 'type-parameter';
  return kind === 'block' ? 'snippet' : kind;
}

const placeOf = ({ path, startLine, endLine }: SearchResult) => ({ path, line: startLine, endLine });

function preview(gardener: GardenerWindow, view: ProjectView, result: SearchResult): void {
  const options = { preview: true, preserveFocus: true };
  openLines(gardener, view, placeOf(result), options).catch((error) => gardener.log.warn(String(error)));
}

function goBack(editor: TextEditor | undefined): void {
  if (editor === undefined) return;
  const { document, selection, viewColumn } = editor;
  window.showTextDocument(document, { selection, viewColumn: viewColumn ?? ViewColumn.Active });
}
