import {
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  type TextDocument,
  type TextEditor,
  type Uri,
  type WorkspaceFolder,
  window,
  workspace,
} from 'vscode';
import type { ApiError } from '../api/api-error.js';
import { LiveServer } from '../api/live-server.js';
import { type RequestOptions, request } from '../api/request.js';
import type { Address, ProjectView } from '../api/types.js';
import type { Host } from '../host/host.js';
import { LastFolder } from '../state/last-folder.js';
import type { Abilities } from '../state/problem-actions.js';
import { projectOfFolder } from '../state/project-of-folder.js';
import type { Situation } from '../state/status-words.js';
import { isLanguageOn, serverSettings, settingsFor } from './settings.js';

const DEFAULT_URL = 'http://127.0.0.1:4747';

/** One window of the editor: its server, its projects, and what its parts share. */
export class GardenerWindow implements Disposable {
  readonly log: LogOutputChannel;
  readonly server: LiveServer;
  readonly #changed = new EventEmitter<void>();
  /** Fires when anything that the status bar tells may have changed. */
  readonly onChange = this.#changed.event;
  /** Real paths of the folders that are open, by their address. */
  readonly #paths = new Map<string, string | null>();
  readonly #lastFolder = new LastFolder((uri: Uri) => workspace.getWorkspaceFolder(uri));
  #suggestionProblem: ApiError | null = null;
  #isWaiting = false;

  constructor(
    readonly context: ExtensionContext,
    readonly host: Host,
  ) {
    this.log = window.createOutputChannel('Codebase Gardener', { log: true });
    this.server = new LiveServer(() => this.#findAddress());
    this.server.onChange((state, before) => {
      if (state.connection !== before.connection) this.#logConnection();
      if (state.connection === 'live' && before.connection !== 'live') this.#suggestionProblem = null;
      this.#changed.fire();
    });
  }

  /** Begins to look for the server; the rest happens by itself. */
  async start(): Promise<void> {
    this.#seeEditor(window.activeTextEditor);
    this.context.subscriptions.push(
      window.onDidChangeActiveTextEditor((editor) => {
        this.#seeEditor(editor);
        this.#changed.fire();
      }),
    );
    await this.#readFolders();
    const again = workspace.onDidChangeWorkspaceFolders(() => {
      this.#seeEditor(window.activeTextEditor);
      return this.#readFolders().then(() => this.#changed.fire());
    });
    const settings = workspace.onDidChangeConfiguration((change) => {
      if (
        change.affectsConfiguration('gardener.server') ||
        change.affectsConfiguration('gardener.dataDirectory')
      )
        this.server.connectAgain();
      if (change.affectsConfiguration('gardener')) this.#changed.fire();
    });
    this.context.subscriptions.push(again, settings);
    this.server.run().catch((error) => this.log.error(error));
  }

  dispose(): void {
    this.server.close();
    this.#changed.dispose();
    this.log.dispose();
  }

  /** One request to the server. @throws ApiError, also when no server is known yet */
  async request<Answer>(method: 'GET' | 'POST', path: string, options?: RequestOptions): Promise<Answer> {
    return request<Answer>(await this.address(), method, path, options);
  }

  /** The server that was found, else where one would be. */
  async address(): Promise<Address> {
    return this.server.state.address ?? (await this.#findAddress());
  }

  get abilities(): Abilities {
    return {
      canStart: this.host.startServer !== null && serverSettings().url === '',
      origin: this.host.origin,
    };
  }

  /** The folder of the file that is edited, else of the last one (a panel has the focus), else the first folder. */
  get folder(): WorkspaceFolder | undefined {
    return this.#seeEditor(window.activeTextEditor) ?? workspace.workspaceFolders?.[0];
  }

  /** The project of that folder. */
  get project(): ProjectView | null {
    return this.folder === undefined ? null : this.projectOf(this.folder);
  }

  projectOf(folder: WorkspaceFolder): ProjectView | null {
    const { projects } = this.server.state;
    return projectOfFolder(
      projects,
      { name: folder.name, path: this.pathOf(folder) },
      this.#chosenFor(folder),
    );
  }

  /** Where a folder is on the server's machine; null where that cannot be known. */
  pathOf(folder: WorkspaceFolder): string | null {
    return this.#paths.get(folder.uri.toString()) ?? null;
  }

  /** Keeps what was chosen for a folder, in the memory of this workspace and not in its files. */
  async chooseFor(folder: WorkspaceFolder, projectId: string): Promise<void> {
    await this.context.workspaceState.update(choiceKey(folder.uri), projectId);
    this.#changed.fire();
  }

  /** Whether code may be suggested in a document. */
  suggestsIn(document: TextDocument): boolean {
    const settings = settingsFor(document.uri);
    return settings.mode !== 'off' && isLanguageOn(settings, document.languageId);
  }

  /** Why the last suggestion did not come; the next one that does takes it away. */
  set suggestionProblem(problem: ApiError | null) {
    if (this.#suggestionProblem?.code === problem?.code) return;
    if (problem !== null) this.log.warn(`${problem.code}: ${problem.message} ${problem.remedy}`);
    this.#suggestionProblem = problem;
    this.#changed.fire();
  }

  set isWaiting(isWaiting: boolean) {
    if (this.#isWaiting === isWaiting) return;
    this.#isWaiting = isWaiting;
    this.#changed.fire();
  }

  /** What the status bar and its menu go by. */
  get situation(): Situation {
    const { connection, problem } = this.server.state;
    const document = window.activeTextEditor?.document;
    return {
      connection,
      problem: problem ?? this.#suggestionProblem,
      project: this.project,
      hasFolder: this.folder !== undefined,
      suggests:
        document === undefined ? settingsFor(this.folder?.uri).mode !== 'off' : this.suggestsIn(document),
      isWaiting: this.#isWaiting,
    };
  }

  /** A token belongs to the address that it was entered for, and is sent nowhere else. */
  async keepToken(token: string): Promise<void> {
    const { url } = await this.address();
    if (token === '') await this.context.secrets.delete(tokenKey(url));
    else await this.context.secrets.store(tokenKey(url), token);
    this.server.connectAgain();
  }

  async #findAddress(): Promise<Address> {
    const { url, dataDirectory } = serverSettings();
    const running = url === '' ? await this.host.runningServer(dataDirectory) : null;
    if (running !== null && running.token !== null) return running;
    const address = running?.url ?? (url === '' ? DEFAULT_URL : url);
    return { url: address, token: (await this.context.secrets.get(tokenKey(address))) ?? null };
  }

  #chosenFor(folder: WorkspaceFolder): string {
    const set = workspace.getConfiguration('gardener', folder.uri).get('project', '').trim();
    return set === '' ? this.context.workspaceState.get(choiceKey(folder.uri), '') : set;
  }

  #seeEditor(editor: TextEditor | undefined): WorkspaceFolder | undefined {
    return this.#lastFolder.at(editor?.document.uri);
  }

  async #readFolders(): Promise<void> {
    for (const { uri } of workspace.workspaceFolders ?? []) {
      if (uri.scheme === 'file') this.#paths.set(uri.toString(), await this.host.realPath(uri.fsPath));
    }
  }

  #logConnection(): void {
    const { connection, address, problem } = this.server.state;
    if (connection === 'live') this.log.info(`connected to ${address?.url}`);
    else if (connection === 'away') this.log.info(problem?.message ?? 'The server has ended.');
  }
}

const choiceKey = (folder: Uri) => `project:${folder.toString()}`;
const tokenKey = (url: string) => `token:${url}`;
