import { commands, env, ProgressLocation, window, workspace } from 'vscode';
import { ApiError } from '../api/api-error.js';
import { problemSentence, serveCommand } from '../state/problem-actions.js';
import type { GardenerWindow } from '../window/gardener-window.js';
import { serverSettings, settingsFor } from '../window/settings.js';

/** Starts `gardener serve` on this machine. It goes on when the window is closed. */
export async function startServer(gardener: GardenerWindow): Promise<void> {
  const { startServer: start } = gardener.host;
  if (start === null) {
    throw new ApiError({
      code: 'vscode.cannot-start',
      message: 'A browser cannot start a server.',
      remedy: `Run \`${serveCommand(gardener.host.origin)}\` on your machine.`,
    });
  }
  const { command, dataDirectory } = serverSettings();
  const progress = { location: ProgressLocation.Window, title: 'Starting the Gardener server' };
  await window.withProgress(progress, () =>
    start({ command, dataDirectory, onOutput: (line) => gardener.log.info(`serve: ${line}`) }),
  );
  gardener.server.connectAgain();
}

/** Asks once a window, or starts it, as the setting says. In a browser it is said how it is started. */
export async function offerToStart(gardener: GardenerWindow, problem: ApiError): Promise<void> {
  const { start } = serverSettings();
  if (gardener.host.origin !== null) {
    const copy = 'Copy the command';
    const chosen = await window.showInformationMessage(problemSentence(problem, gardener.abilities), copy);
    if (chosen === copy) await copyServeCommand(gardener);
    return;
  }
  if (!gardener.abilities.canStart || start === 'never') return;
  if (start === 'automatic') return startServer(gardener);
  const [now, always, never] = ['Start it', 'Always start it', 'Do not ask again'];
  const chosen = await window.showInformationMessage(
    'The Gardener server is not running.',
    now,
    always,
    never,
  );
  const keep = (value: string) => workspace.getConfiguration('gardener').update('server.start', value, true);
  if (chosen === never) await keep('never');
  if (chosen === always) await keep('automatic');
  if (chosen === now || chosen === always) await startServer(gardener);
}

/** Keeps the token in the editor's own store of secrets. */
export async function enterToken(gardener: GardenerWindow): Promise<void> {
  const { url } = await gardener.address();
  const token = await window.showInputBox({
    title: `Token of ${url}`,
    prompt: '`gardener serve` prints it as part of its address, after ?token=. Empty forgets it.',
    password: true,
    ignoreFocusOut: true,
  });
  if (token !== undefined) await gardener.keepToken(token.trim());
}

/** For a browser, from which nothing can be started. */
export async function copyServeCommand(gardener: GardenerWindow): Promise<void> {
  const command = serveCommand(gardener.host.origin);
  await env.clipboard.writeText(command);
  window.showInformationMessage(`Copied: ${command}`);
}

/** Fetches a model that is not on the server's machine yet; the suggestions begin by themselves when it is there. */
export async function fetchModel(gardener: GardenerWindow, model: unknown): Promise<void> {
  if (typeof model !== 'string') return;
  await gardener.request('POST', `/api/models/${encodeURIComponent(model)}/pull`);
  window.showInformationMessage(`${model} is being fetched. Suggestions begin when it is there.`);
}

export async function toggleCompletions(): Promise<void> {
  const settings = workspace.getConfiguration('gardener.completion');
  const { mode } = settingsFor(undefined);
  await settings.update('mode', mode === 'off' ? 'automatic' : 'off', true);
}

export async function openWalkthrough(gardener: GardenerWindow): Promise<void> {
  const id = `${gardener.context.extension.id}#start`;
  await commands.executeCommand('workbench.action.openWalkthrough', id, false);
}
