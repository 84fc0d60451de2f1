import type { ApiError } from '../api/api-error.js';

/** A button under an error, or a line of the menu. */
export interface Action {
  title: string;
  command: string;
  /** Of the command. */
  arguments?: readonly unknown[];
}

/** What the window can do about an error. */
export interface Abilities {
  /** It may start a server: on the desktop, for a server of this machine. */
  canStart: boolean;
  /** Origin of the window's page where it runs in a browser; null on the desktop. */
  origin: string | null;
}

const SETTINGS: Action = {
  title: 'Open settings',
  command: 'workbench.action.openSettings',
  arguments: ['gardener.server'],
};
const CONNECT: Action = { title: 'Connect again', command: 'gardener.connect' };
const REFRESH: Action = { title: 'Refresh the index', command: 'gardener.refresh' };
const CHOOSE: Action = { title: 'Choose a project', command: 'gardener.chooseProject' };
const LOG: Action = { title: 'Show the log', command: 'gardener.showLog' };

const ACTIONS: Record<string, readonly Action[]> = {
  'vscode.no-gardener': [SETTINGS],
  'vscode.no-program': [
    {
      title: 'Choose the program',
      command: 'workbench.action.openSettings',
      arguments: ['gardener.server.command'],
    },
    { title: 'How to install', command: 'gardener.openWalkthrough' },
  ],
  'vscode.server-ended': [LOG],
  'vscode.unexpected': [LOG],
  'server.token-required': [{ title: 'Enter the token', command: 'gardener.enterToken' }],
  'server.foreign-host': [SETTINGS],
  'garden.unknown-project': [CHOOSE],
  'garden.run-active': [{ title: 'Pause the run', command: 'gardener.pause' }],
  'retrieval.no-index': [REFRESH],
  'retrieval.nothing-indexed': [REFRESH],
  'server.unknown-file': [REFRESH],
};

/** What can be done about an error, as buttons; none where the remedy is for the user alone. Pure. */
export function actionsFor(
  { code, details }: Pick<ApiError, 'code' | 'details'>,
  abilities: Abilities,
): readonly Action[] {
  if (code === 'vscode.server-away') return whileAway(abilities);
  // The server names the model that is not there.
  if (code === 'training.model-missing' && typeof details.id === 'string') {
    return [{ title: 'Fetch the model', command: 'gardener.fetchModel', arguments: [details.id] }];
  }
  return ACTIONS[code] ?? [];
}

function whileAway({ canStart, origin }: Abilities): readonly Action[] {
  if (canStart) return [{ title: 'Start the server', command: 'gardener.startServer' }, SETTINGS];
  // A browser does not tell a page whether the server is away or does not admit it.
  if (origin !== null) {
    return [{ title: 'Copy the command', command: 'gardener.copyServeCommand' }, CONNECT, SETTINGS];
  }
  return [CONNECT, SETTINGS];
}

/** The sentence and what to do, for a message of the editor. Pure. */
export function problemSentence(
  error: Pick<ApiError, 'code' | 'message' | 'remedy'>,
  { origin }: Abilities,
): string {
  const remedy =
    error.code === 'vscode.server-away' && origin !== null
      ? `Start it with \`${serveCommand(origin)}\`: it has to admit the pages of this editor.`
      : error.remedy;
  return remedy === '' ? error.message : `${error.message} ${remedy}`;
}

/** The command that starts a server which admits a page of this origin. Pure. */
export function serveCommand(origin: string | null): string {
  return origin === null ? 'gardener serve' : `gardener serve --allow-origin ${origin}`;
}
