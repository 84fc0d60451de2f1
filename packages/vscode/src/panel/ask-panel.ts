import {
  commands,
  env,
  type TextDocument,
  Uri,
  ViewColumn,
  type Webview,
  type WebviewPanel,
  window,
} from 'vscode';
import { ApiError, asApiError, isAbort } from '../api/api-error.js';
import { readEvents } from '../api/event-stream.js';
import { send } from '../api/request.js';
import type { AnswerEnd, ErrorObject, NewConversation, ProjectView } from '../api/types.js';
import { type Action, actionsFor, problemSentence } from '../state/problem-actions.js';
import { answering } from '../state/status-words.js';
import { openLines, placeOfDocument } from '../window/files-of-project.js';
import type { GardenerWindow } from '../window/gardener-window.js';
import { projectPath, requireProject } from '../window/require-project.js';
import { showProblem } from '../window/show-problem.js';
import { AskedConversation } from './asked-conversation.js';
import type { AskedCode, FromPage, ToPage } from './messages.js';
import { pageHtml } from './page-html.js';
import { questionAbout } from './question.js';

/** Said above a question when the exchanges above it are not known to the conversation any more. */
const LOST = 'The server no longer had the conversation: a new one begins here.';

let open: AskPanel | null = null;

/** Opens the panel, about what is selected in the editor. */
export function askInPanel(gardener: GardenerWindow): void {
  const project = requireProject(gardener);
  const selected = selectedCode(gardener);
  open ??= new AskPanel(gardener, () => {
    open = null;
  });
  open.show(project, selected);
}

/** Lines of the editor that a question is about. */
interface Selected {
  code: AskedCode;
  text: string;
}

function selectedCode(gardener: GardenerWindow): Selected | null {
  const editor = window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) return null;
  const { document, selection } = editor;
  const path = placeOfDocument(gardener, document)?.path;
  if (path === undefined) return null;
  // Up to the start of a line is without that line.
  const { start, end } = selection;
  const to = end.character === 0 && end.line > start.line ? end.line : end.line + 1;
  const code = { path, from: start.line + 1, to };
  return { code, text: document.getText(selection) };
}

/** The panel: one conversation with one project at a time. */
class AskPanel {
  readonly #panel: WebviewPanel;
  #project: ProjectView | null = null;
  #selected: Selected | null = null;
  #conversation = new AskedConversation();
  #answer: AbortController | null = null;
  #actions: readonly Action[] = [];
  #isReady = false;
  /** Where code is inserted: the file that was looked at before the panel. */
  #document: TextDocument | null = null;

  constructor(
    private readonly gardener: GardenerWindow,
    onClose: () => void,
  ) {
    const { extensionUri } = gardener.context;
    const folders = ['dist', 'media'].map((name) => Uri.joinPath(extensionUri, name));
    this.#panel = window.createWebviewPanel('gardener.ask', 'Ask Gardener', ViewColumn.Beside, {
      ...{ enableScripts: true, localResourceRoots: folders, retainContextWhenHidden: true },
    });
    this.#panel.webview.onDidReceiveMessage((message: FromPage) =>
      this.#heard(message).catch((error) => this.#failed(error)),
    );
    this.#panel.onDidDispose(() => {
      this.#answer?.abort();
      onClose();
    });
    this.#panel.webview.html = html(this.#panel.webview, extensionUri);
  }

  show(project: ProjectView, selected: Selected | null): void {
    if (this.#project !== null && this.#project.project.id !== project.project.id) this.#beginAnew();
    this.#project = project;
    this.#selected = selected;
    this.#document = window.activeTextEditor?.document ?? this.#document;
    this.#panel.reveal(undefined, false);
    if (this.#isReady) this.#tellAbout();
  }

  async #heard(message: FromPage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#isReady = true;
        return this.#tellAbout();
      case 'ask':
        return this.#ask(message.question, message.withCode ? this.#selected : null);
      case 'stop':
        return this.#answer?.abort();
      case 'new':
        return this.#beginAnew();
      case 'open':
        return this.#project === null
          ? undefined
          : openLines(this.gardener, this.#project, message, { viewColumn: ViewColumn.One, preview: true });
      case 'copy':
        return env.clipboard.writeText(message.code);
      case 'insert':
        return this.#insert(message.code);
      case 'act': {
        const action = this.#actions[message.index];
        if (action) await commands.executeCommand(action.command, ...(action.arguments ?? []));
      }
    }
  }

  #tell(message: ToPage): void {
    this.#panel.webview.postMessage(message);
  }

  #tellAbout(): void {
    if (this.#project === null) return;
    const { project } = this.#project;
    this.#tell({
      type: 'about',
      project: project.name,
      answering: answering(this.#project),
      code: this.#selected?.code ?? null,
    });
  }

  #beginAnew(): void {
    this.#answer?.abort();
    this.#answer = null;
    this.#conversation = new AskedConversation();
    this.#tell({ type: 'new' });
  }

  async #ask(question: string, about: Selected | null): Promise<void> {
    if (this.#project === null || this.#answer !== null) return;
    const { id } = this.#project.project;
    const answer = new AbortController();
    this.#answer = answer;
    const { signal } = answer;
    const conversation = this.#conversation;
    // Not so once another conversation or project was turned to: what comes of this one then is nobody's.
    const isCurrent = () => this.#answer === answer;
    this.#tell({ type: 'question', text: question, code: about?.code ?? null });
    try {
      const conversations = projectPath(id, '/conversations');
      const body = { question: about === null ? question : questionAbout(question, about.code, about.text) };
      const response = await conversation.ask({
        begin: async () =>
          (await this.gardener.request<NewConversation>('POST', conversations, { signal })).id,
        ask: async (known) => {
          const path = `${conversations}/${encodeURIComponent(known)}/ask`;
          return send(await this.gardener.address(), 'POST', path, { body, signal });
        },
        onLost: () => isCurrent() && this.#tell({ type: 'notice', text: LOST }),
      });
      if (response.body !== null) {
        await this.#read(response.body, isCurrent, () => conversation.hasAnswered());
      }
    } catch (error) {
      if (!isCurrent()) return;
      if (isAbort(error)) this.#tell({ type: 'end', sources: [], note: 'Stopped.' });
      else this.#failed(error);
    } finally {
      if (isCurrent()) this.#answer = null;
    }
  }

  async #read(
    body: ReadableStream<Uint8Array>,
    isCurrent: () => boolean,
    onAnswer: () => void,
  ): Promise<void> {
    for await (const { event, data } of readEvents(body)) {
      if (!isCurrent()) return;
      if (event === 'text' || event === 'end') onAnswer();
      if (event === 'text') this.#tell({ type: 'text', text: (JSON.parse(data) as { text: string }).text });
      if (event === 'error') throw new ApiError((JSON.parse(data) as { error: ErrorObject }).error);
      if (event === 'end') {
        const { sources, adapter, reason } = JSON.parse(data) as AnswerEnd;
        const who =
          adapter.version === null ? 'The base model answered.' : `Adapter ${adapter.version} answered.`;
        return this.#tell({
          type: 'end',
          sources,
          note: reason === 'length' ? `${who} It was cut off.` : who,
        });
      }
    }
    throw new ApiError({
      code: 'vscode.server-away',
      message: 'The server went away in the middle of the answer.',
      remedy: 'Ask again when it is back.',
    });
  }

  #failed(thrown: unknown): void {
    const error = asApiError(thrown);
    this.gardener.log.error(`${error.code}: ${error.message}`);
    this.#actions = actionsFor(error, this.gardener.abilities);
    const sentence = problemSentence(error, this.gardener.abilities);
    this.#tell({ type: 'error', sentence, actions: this.#actions.map(({ title }) => title) });
  }

  async #insert(code: string): Promise<void> {
    const document = window.activeTextEditor?.document ?? this.#document;
    if (document === null) return;
    try {
      const editor = await window.showTextDocument(document, ViewColumn.One);
      await editor.edit((edit) => edit.replace(editor.selection, code));
    } catch (error) {
      showProblem(this.gardener, error);
    }
  }
}

function html(webview: Webview, extension: Uri): string {
  const address = (...path: string[]) => webview.asWebviewUri(Uri.joinPath(extension, ...path)).toString();
  return pageHtml({
    script: address('dist', 'ask-page.js'),
    style: address('media', 'ask.css'),
    nonce: crypto.randomUUID().replaceAll('-', ''),
    source: webview.cspSource,
  });
}
