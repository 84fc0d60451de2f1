import { commands, type ExtensionContext, window } from 'vscode';
import { openScorecard, toggleAdapter } from './commands/adapter-commands.js';
import { addWorkspace } from './commands/add-workspace.js';
import { chooseProject } from './commands/choose-project.js';
import { controlRun, refresh, train } from './commands/run-commands.js';
import { searchCodebase } from './commands/search-codebase.js';
import {
  copyServeCommand,
  enterToken,
  fetchModel,
  offerToStart,
  openWalkthrough,
  startServer,
  toggleCompletions,
} from './commands/server-commands.js';
import { registerInlineCompletions } from './completion/inline-provider.js';
import type { Host } from './host/host.js';
import { askInPanel } from './panel/ask-panel.js';
import { GardenerWindow } from './window/gardener-window.js';
import { showProblem } from './window/show-problem.js';
import { registerSourceDocuments } from './window/source-documents.js';
import { registerStatusBar, showMenu } from './window/status-bar.js';

type Command = (gardener: GardenerWindow, argument?: unknown) => unknown;

/** By the names under which package.json offers them, without `gardener.`; two more are for buttons alone. */
const COMMANDS: Record<string, Command> = {
  menu: showMenu,
  addWorkspace,
  chooseProject,
  train,
  refresh,
  pause: (gardener) => controlRun(gardener, 'pause'),
  resume: (gardener) => controlRun(gardener, 'resume'),
  toggleAdapter,
  openScorecard,
  search: searchCodebase,
  ask: askInPanel,
  toggleCompletions,
  startServer,
  connect: (gardener) => gardener.server.connectAgain(),
  enterToken,
  showLog: (gardener) => gardener.log.show(),
  openWalkthrough,
  copyServeCommand,
  fetchModel,
};

/** Starts the extension in a window. */
export async function activate(context: ExtensionContext, host: Host): Promise<void> {
  const gardener = new GardenerWindow(context, host);
  context.subscriptions.push(gardener);
  for (const [name, command] of Object.entries(COMMANDS)) {
    const run = async (argument?: unknown) => {
      try {
        await command(gardener, argument);
      } catch (error) {
        showProblem(gardener, error);
      }
    };
    context.subscriptions.push(commands.registerCommand(`gardener.${name}`, run));
  }
  registerStatusBar(gardener);
  registerInlineCompletions(gardener);
  registerSourceDocuments(gardener);
  tellReturn(gardener);
  await gardener.start();
}

/** The first time that no server is found it is offered; one that comes back is told once, in passing. */
function tellReturn(gardener: GardenerWindow): void {
  let hasOffered = false;
  let wasLive = false;
  gardener.server.onChange(({ connection, problem }, before) => {
    if (connection === before.connection) return;
    if (connection === 'live' && wasLive)
      window.setStatusBarMessage('$(check) Gardener is connected again.', 5_000);
    if (connection === 'live') wasLive = true;
    if (connection === 'away' && !wasLive && !hasOffered && problem?.code === 'vscode.server-away') {
      hasOffered = true;
      offerToStart(gardener, problem).catch((error) => showProblem(gardener, error));
    }
  });
}
