import { commands, window } from 'vscode';
import { asApiError, isAbort } from '../api/api-error.js';
import { actionsFor, problemSentence } from '../state/problem-actions.js';
import type { GardenerWindow } from './gardener-window.js';

/** Shows what went wrong, with what can be done about it as buttons. */
export function showProblem(gardener: GardenerWindow, thrown: unknown): void {
  if (isAbort(thrown)) return;
  const error = asApiError(thrown);
  gardener.log.error(
    error.code === 'vscode.unexpected' && thrown instanceof Error
      ? thrown
      : `${error.code}: ${error.message}`,
  );
  const actions = actionsFor(error, gardener.abilities);
  window
    .showErrorMessage(problemSentence(error, gardener.abilities), ...actions.map(({ title }) => title))
    .then((title) => {
      const chosen = actions.find((action) => action.title === title);
      if (chosen) commands.executeCommand(chosen.command, ...(chosen.arguments ?? []));
    });
}
