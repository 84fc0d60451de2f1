import { LRUCache } from 'lru-cache';
import { languageOfPath } from '../../codebase/languages/languages.js';
import { pathLine } from '../../codebase/languages/path-line.js';
import { type ErrorCounter, prepareErrorCounter } from '../../codebase/parse/syntax-errors.js';
import { maskSecrets } from '../../codebase/secrets/find-secrets.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import { type CompletionPrompt, completionPrompt } from '../../prompt/completion-prompt.js';
import { charactersFor, fitCompletion } from '../../prompt/fit-completion.js';
import type { SearchResult } from '../../retrieval/search/search.js';
import { sourceOf } from '../answers/write-answer.js';
import type { Assistant } from '../assistant.js';
import type { ChatTarget } from '../assistant-requests.js';
import { orAborted } from '../open/or-aborted.js';
import type {
  CodeAtCursor,
  CompleteCodeEnd,
  CompleteCodeEvent,
  CompleteCodeRequest,
  Silence,
} from './code-request.js';
import { CompletionModes } from './completion-modes.js';
import { expectedIndentation } from './expected-indentation.js';
import { FirstLine } from './first-line.js';
import { GrowingSuggestion } from './growing-suggestion.js';
import { NewestRequest } from './newest-request.js';
import { PromptSize, SMALLEST_PROMPT } from './prompt-size.js';
import { type RelatedCode, RelatedMemory } from './related-memory.js';
import { shapeSuggestion } from './shape-suggestion.js';
import { TimeLimit } from './time-limit.js';

/** Of the context so much stays free for what is written, and for markers between the parts. */
const SPARE_TOKENS = 64;
/** Nobody wants more in the place of a cursor; half of the context stays for the prompt whatever is asked for. */
const MOST_TOKENS = 512;
const MOST_SHARE = 0.5;
/** Farther from the place nothing fits into the prompt. */
const MOST_CHARACTERS = 16_384;
/** By so many characters the beginnings of two prompts are told apart. */
const START_CHARACTERS = 200;

/** One call: how long it may take, and since when it does. */
interface Call {
  limit: TimeLimit;
  startedAt: number;
}

/** What the runtime is asked, and what it rests on. */
interface Prepared extends CompletionPrompt {
  code: CodeAtCursor;
  /** Of the file's language, where it has a grammar. */
  countErrors: ErrorCounter | null;
}

/**
 * Completes code where somebody types: shows the model the file, related code of the project and what follows the
 * place, in a form that costs little from one key press to the next, and cuts what it writes to what is worth
 * inserting.
 */
export class CodeCompleter {
  readonly #assistant: Assistant;
  readonly #garden: Pick<Garden, 'settings'>;
  readonly #related: RelatedMemory;
  readonly #modes: CompletionModes;
  readonly #newest = new NewestRequest();
  /** What other files say, masked: a client sends the same ones at every key press. */
  readonly #masked = new LRUCache<string, string>({ max: 64 });
  /** By base model. */
  readonly #sizes = new LRUCache<string, PromptSize>({ max: 16 });

  constructor(assistant: Assistant, garden: Pick<Garden, 'paths' | 'registry' | 'settings'>) {
    this.#assistant = assistant;
    this.#garden = garden;
    this.#related = new RelatedMemory(assistant);
    this.#modes = new CompletionModes(garden);
  }

  /**
   * Completes code at a place. Secrets are masked in all that the model is shown.
   * @throws GardenerError `models.*`, `retrieval.*`
   */
  async *complete(target: ChatTarget, request: CompleteCodeRequest): AsyncGenerator<CompleteCodeEvent, void> {
    const seen = this.#mask(request.code);
    // At the very beginning of an empty line the suggestion begins with the block's own white space.
    const indentation = expectedIndentation(seen);
    const code = { ...seen, before: seen.before + indentation };
    const { client } = request;
    const projectId = target.project?.id ?? target.baseModel;
    const place = client === undefined ? null : this.#newest.begin({ client, projectId, code });
    const limit = new TimeLimit({ ...request, superseded: place?.superseded });
    const startedAt = performance.now();
    try {
      let isFirst = true;
      for await (const event of this.#complete(target, { ...request, code }, { limit, startedAt })) {
        yield event.type === 'text' && isFirst ? { ...event, text: indentation + event.text } : event;
        isFirst = false;
      }
    } catch (error) {
      const end = limit.endFor(error);
      if (end === null) throw error;
      yield end;
    } finally {
      place?.done();
    }
  }

  async *#complete(
    target: ChatTarget,
    request: CompleteCodeRequest,
    call: Call,
  ): AsyncGenerator<CompleteCodeEvent, void> {
    // The time for it is over also while a model is loaded, which goes on for the next request.
    const contextTokens = await orAborted(this.#assistant.contextTokens(target), call.limit.signal);
    const maxTokens = Math.min(request.maxTokens, MOST_TOKENS, Math.floor(contextTokens * MOST_SHARE));
    const fitting = { ...request, maxTokens };
    const room = contextTokens - maxTokens - SPARE_TOKENS;
    const prepared = await orAborted(
      this.#prepare(target, fitting, room, call.limit.signal),
      call.limit.signal,
    );
    const write = (gap: boolean) => this.#write(target, fitting, prepared, gap, call);
    if (prepared.suffix.trim() === '' && request.needsGap !== true) return yield* write(false);
    try {
      yield* write(true);
    } catch (error) {
      const cannot = GardenerError.isInstance(error) && error.code === 'models.no-fill-in-the-middle';
      if (!cannot || request.needsGap === true) throw error;
      yield* write(false);
    }
  }

  /** Makes a prompt that fits into `context` tokens. */
  async #prepare(
    target: ChatTarget,
    { code, client, retrieval }: CompleteCodeRequest,
    context: number,
    signal: AbortSignal,
  ): Promise<Prepared> {
    const size = this.#sizeOf(target);
    const { tokens: promptTokens, readingMs } = size;
    const partsOf = ({ results, extra, path }: RelatedCode) => ({
      repository: target.project?.name ?? '',
      path: path ?? '',
      pathLine: path === null ? '' : lineOf(path),
      before: code.before,
      after: code.after,
      extra: extra.map((file) => ({ ...file, heading: lineOf(file.path) })),
      results,
      pathLineOf: ({ chunk }: SearchResult) => pathLine(chunk.path, chunk.language),
    });
    const alone = { results: [], extra: code.extra ?? [], path: code.path, promptTokens };
    const promptOf = (shown: RelatedCode, tokens: number) =>
      completionPrompt({ ...partsOf(shown), room: charactersFor(Math.min(tokens, context)) });
    // Which lines it is in does not depend on the prompt's size, nor on what else is in it.
    const region = regionOf(promptOf(alone, SMALLEST_PROMPT));
    const startAt = (shown: RelatedCode, tokens: number) => startOf(promptOf(shown, tokens));
    const { project } = target;
    const isShown = retrieval ?? (project !== null && (await this.#modes.of(project, target)).retrieval);
    const related =
      project !== null && isShown
        ? await this.#related.of(project, { code, region, client, promptTokens, readingMs, startAt, signal })
        : alone;
    const room = Math.max(SPARE_TOKENS, Math.min(related.promptTokens, context));
    const count = (text: string) => this.#assistant.countTokens(target, text);
    const prompt = await fitCompletion(partsOf(related), room, count, context);
    return { ...prompt, code, countErrors: await errorCounterOf(related.path) };
  }

  async *#write(
    target: ChatTarget,
    request: CompleteCodeRequest,
    { prompt, suffix, typed, place, used, code, countErrors }: Prepared,
    gap: boolean,
    { limit, startedAt }: Call,
  ): AsyncGenerator<CompleteCodeEvent, void> {
    const { maxTokens, temperature, seed, stop, minConfidence = 0, stream = false } = request;
    const firstLine = new FirstLine();
    const isUnsure = () => firstLine.confidence !== null && firstLine.confidence < minConfidence;
    // Nothing is told that may be held back for what is still to come of its first line.
    const mayTell = () => stream && (minConfidence === 0 || (firstLine.isWhole && !isUnsure()));
    const growing = new GrowingSuggestion(code, countErrors);
    let written = '';
    let work = { promptMs: 0, cachedTokens: 0 };
    const events = this.#assistant.complete(target, {
      ...{ prompt, typed, maxTokens, signal: limit.signal },
      ...(target.project !== null && { place }),
      ...(gap && { suffix }),
      ...(temperature !== undefined && { temperature }),
      ...(seed !== undefined && { seed }),
      ...(stop !== undefined && { stop }),
      isDone: (text) =>
        limit.isOver(text) || (firstLine.isWhole && isUnsure()) || shapeSuggestion(text, code, false).isWhole,
    });
    const end = (
      event: Pick<CompleteCodeEnd, 'reason' | 'adapter' | 'promptTokens' | 'completionTokens'>,
    ) => {
      const text = growing.whole(written);
      const silence: Silence | null = isUnsure()
        ? 'unsure'
        : text === '' && written.trim() !== ''
          ? 'nothing-new'
          : null;
      return {
        rest: silence === null ? growing.rest(written) : '',
        end: {
          ...{ type: 'end' as const, ...event, fillInTheMiddle: gap, sources: used.map(sourceOf) },
          ...{ ...work, confidence: firstLine.confidence, silence },
        },
      };
    };
    for await (const event of limit.within(events)) {
      if (event.type === 'text') {
        firstLine.push(event);
        written += event.text;
        if (work.promptMs === 0) {
          const { cachedTokens = 0 } = event.prompt ?? {};
          work = { promptMs: performance.now() - startedAt, cachedTokens };
        }
        if (event.prompt !== undefined) this.#sizeOf(target).push(event.prompt);
        const certain = mayTell() && event.text.includes('\n') ? growing.grow(written) : '';
        if (certain !== '') yield { type: 'text', text: certain };
        continue;
      }
      const told = end(event);
      if (told.rest !== '') yield { type: 'text', text: told.rest };
      yield told.end;
    }
  }

  /** What the rules take for a secret is in no prompt, wherever the cursor stands in it. */
  #mask({ path, before, after, extra = [] }: CodeAtCursor): CodeAtCursor {
    const near = before.slice(-MOST_CHARACTERS);
    // A mask is as long as what it covers, so that the place stays where it is.
    const { allowedSecrets } = this.#garden.settings;
    const { text } = maskSecrets(path ?? '', near + after.slice(0, MOST_CHARACTERS), allowedSecrets);
    return {
      path,
      before: text.slice(0, near.length),
      after: text.slice(near.length),
      extra: extra.map((file) => ({ path: file.path, text: this.#maskFile(file.path, file.text) })),
    };
  }

  #maskFile(path: string, whole: string): string {
    const text = whole.slice(0, MOST_CHARACTERS);
    const { allowedSecrets } = this.#garden.settings;
    const key = `${path}\n${allowedSecrets}\n${text}`;
    const masked = this.#masked.get(key) ?? maskSecrets(path, text, allowedSecrets).text;
    this.#masked.set(key, masked);
    return masked;
  }

  #sizeOf({ baseModel }: ChatTarget): PromptSize {
    const size = this.#sizes.get(baseModel) ?? new PromptSize();
    this.#sizes.set(baseModel, size);
    return size;
  }
}

function lineOf(path: string): string {
  return pathLine(path, languageOfPath(path)?.id ?? 'text');
}

/** Without one a suggestion is not checked: that is no reason to show none. */
async function errorCounterOf(path: string | null): Promise<ErrorCounter | null> {
  const language = path === null ? null : languageOfPath(path);
  return language === null ? null : prepareErrorCounter(language.id).catch(() => null);
}

/** The lines that the cursor is in: they begin where the prompt's changing end begins. */
function regionOf({ typed }: CompletionPrompt): string {
  return typed.split('\n', 2).join('\n');
}

/** How the file's text in a prompt begins: while that stays what follows it need not be read again. */
function startOf({ prompt, typed }: CompletionPrompt): string {
  return (prompt + typed).slice(0, START_CHARACTERS);
}
