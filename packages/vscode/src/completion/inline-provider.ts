import {
  type CancellationToken,
  type InlineCompletionContext,
  InlineCompletionItem,
  type InlineCompletionItemProvider,
  InlineCompletionTriggerKind,
  languages,
  type Position,
  Range,
  type TextDocument,
} from 'vscode';
import { asApiError, isAbort } from '../api/api-error.js';
import { placeOfDocument } from '../window/files-of-project.js';
import type { GardenerWindow } from '../window/gardener-window.js';
import { type ExtensionSettings, settingsFor } from '../window/settings.js';
import { complete } from './complete.js';
import { MAX_PREFIX, MAX_SUFFIX, type Place, placeIn } from './place.js';
import { restOf, type Shown, suggestionOf } from './suggestion.js';

/** After this long without a suggestion the status bar shows that one is being waited for. */
const PATIENCE_MS = 600;
/** The first suggestion is the likeliest one; the others are drawn. */
const DRAWN_TEMPERATURE = 0.7;

/** Suggestions while one types, from the project's model. */
export function registerInlineCompletions(gardener: GardenerWindow): void {
  const provider = new InlineProvider(gardener);
  gardener.context.subscriptions.push(
    languages.registerInlineCompletionItemProvider({ pattern: '**' }, provider),
  );
}

class InlineProvider implements InlineCompletionItemProvider {
  #shown: Shown | null = null;

  constructor(private readonly gardener: GardenerWindow) {}

  async provideInlineCompletionItems(
    document: TextDocument,
    position: Position,
    { triggerKind, selectedCompletionInfo }: InlineCompletionContext,
    token: CancellationToken,
  ): Promise<InlineCompletionItem[]> {
    const settings = settingsFor(document.uri);
    const isAsked = triggerKind === InlineCompletionTriggerKind.Invoke;
    if (!this.gardener.suggestsIn(document) || (settings.mode === 'onDemand' && !isAsked)) return [];
    if (this.gardener.server.state.connection !== 'live') return [];
    const file = placeOfDocument(this.gardener, document);
    if (file === null) return [];
    // What the list of names has selected is as good as typed: only what continues it is shown beside the list.
    const selected = selectedCompletionInfo?.text ?? '';
    const range = selectedCompletionInfo?.range ?? new Range(position, position);
    const around = placeAround(document, position);
    const typed = selectedCompletionInfo ? document.getText(new Range(range.start, position)) : '';
    const place = {
      ...around,
      prefix: around.prefix.slice(0, around.prefix.length - typed.length) + selected,
    };
    const key = document.uri.toString();

    const left = restOf(this.#shown, key, place);
    const texts =
      left.length > (isAsked ? 1 : 0) ? left : await this.#ask({ ...file, place, settings, isAsked, token });
    if (texts.length === 0 || token.isCancellationRequested) return [];
    if (texts !== left) this.#shown = { document: key, place, texts };
    return texts.map((text) => new InlineCompletionItem(selected + text, range));
  }

  async #ask(question: Question): Promise<string[]> {
    const { project, path, place, settings, isAsked, token } = question;
    const stopping = new AbortController();
    const stop = token.onCancellationRequested(() => stopping.abort());
    const patience = setTimeout(() => {
      this.gardener.isWaiting = true;
    }, PATIENCE_MS + settings.debounceMs);
    try {
      if (!isAsked) await rest(settings.debounceMs, stopping.signal);
      const address = await this.gardener.address();
      const request = {
        ...{ ...place, path, project: project.project.id, signal: stopping.signal },
        maxTokens: settings.maxTokens,
        // Who asks wants to see what there is.
        ...(isAsked && { minConfidence: 0 }),
      };
      const texts: string[] = [];
      for (let i = 0; i < (isAsked ? settings.alternatives : 1); i++) {
        const drawn = i === 0 ? {} : { temperature: DRAWN_TEMPERATURE, seed: i };
        const text = suggestionOf(
          await complete(address, { ...request, ...drawn }),
          place,
          settings.multiline,
        );
        if (text !== null && !texts.includes(text)) texts.push(text);
      }
      this.gardener.suggestionProblem = null;
      return texts;
    } catch (error) {
      // A server that has gone away is told by its stream of events.
      const problem = asApiError(error);
      if (!isAbort(error) && problem.code !== 'vscode.server-away') this.gardener.suggestionProblem = problem;
      return [];
    } finally {
      clearTimeout(patience);
      this.gardener.isWaiting = false;
      stop.dispose();
    }
  }
}

/** A large file is not copied at every keystroke. */
function placeAround(document: TextDocument, position: Position): Place {
  const offset = document.offsetAt(position);
  const from = Math.max(0, offset - 2 * MAX_PREFIX);
  const range = new Range(document.positionAt(from), document.positionAt(offset + 2 * MAX_SUFFIX));
  return placeIn(document.getText(range), offset - from);
}

/** What is asked for at one place. */
interface Question extends NonNullable<ReturnType<typeof placeOfDocument>> {
  place: Place;
  settings: ExtensionSettings;
  isAsked: boolean;
  token: CancellationToken;
}

/** Waits; a keystroke meanwhile ends the wait as it ends a request. @throws AbortError */
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('typed on', 'AbortError'));
    });
  });
}
