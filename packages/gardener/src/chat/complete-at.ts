import { relative, sep } from 'node:path';
import { languageOfPath } from '../codebase/languages/languages.js';
import { pathLine } from '../codebase/languages/path-line.js';
import { maskSecrets } from '../codebase/secrets/find-secrets.js';
import { readSource } from '../codebase/walk/read-source.js';
import { GardenerError } from '../garden/errors/garden-error.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { completionPrompt } from '../prompt/completion-prompt.js';
import type { SearchResult } from '../retrieval/search/search.js';
import { sourceOf } from './answers/write-answer.js';
import type { Assistant } from './assistant.js';
import type { CompletionEvent } from './assistant-requests.js';
import type { Source } from './conversations/exchange.js';

/** Where to complete, and how much. */
export interface CompleteAtRequest {
  /** Absolute path of a file of the project. */
  file: string;
  /** From 1; one more than the file has is its end. What stands in this line and below counts as after the place. */
  line: number;
  /** From 1, in the line. Defaults to its start. */
  column?: number;
  maxTokens: number;
  /** Defaults to true. */
  retrieval?: boolean;
  adapter?: 'promoted' | 'base';
  /** Of the adapter, 0 to 1.5. Defaults to the setting. */
  strength?: number;
  signal?: AbortSignal;
}

/** What {@link completeAt} yields: text, then one end. */
export type CompleteAtEvent =
  | { type: 'text'; text: string }
  | (Extract<CompletionEvent, { type: 'end' }> & {
      /** Whether what follows the place was looked at. */
      fillInTheMiddle: boolean;
      sources: Source[];
    });

/** A completion should come at once, and more context costs more time than it improves the completion. */
const MAX_PROMPT_TOKENS = 2_048;
/** What the search for related code goes by: the last lines before the place. */
const QUERY_LINES = 12;
const RELATED_CHUNKS = 4;

/**
 * Completes code at a place of a file: the file up to there under its path, as in training, related code of the project
 * in front, and what follows where the base model can fill a gap in.
 * @throws GardenerError `chat.not-in-project`, `chat.no-such-line`, `chat.unreadable-file`, `models.*`, `retrieval.*`
 */
export async function* completeAt(
  garden: Pick<Garden, 'settings'>,
  assistant: Assistant,
  project: ProjectRecord,
  request: CompleteAtRequest,
): AsyncGenerator<CompleteAtEvent, void> {
  const { signal, maxTokens } = request;
  const path = pathInProject(project, request.file);
  const { maxFileBytes, contextTokens } = garden.settings;
  const source = await readSource(request.file, maxFileBytes);
  if (!source.ok && source.reason !== 'empty') throw unreadable(path, source.reason);
  // What the rules take for a secret is in no prompt.
  const text = source.ok ? maskSecrets(path, source.text).text : '';
  const { before, after } = splitAt(text, path, request.line, request.column ?? 1);
  const language = languageOfPath(path)?.id ?? 'text';
  const target = {
    project,
    baseModel: project.baseModel,
    ...(request.adapter && { adapter: request.adapter }),
    ...(request.strength !== undefined && { strength: request.strength }),
  };
  const { prompt, suffix, place, used } = await completionPrompt({
    repository: project.name,
    path,
    pathLine: pathLine(path, language),
    before,
    after,
    results: request.retrieval === false ? [] : await related(assistant, project, path, before, signal),
    pathLineOf: ({ chunk }) => pathLine(chunk.path, chunk.language),
    contextTokens: Math.min(contextTokens, MAX_PROMPT_TOKENS + maxTokens),
    answerTokens: maxTokens,
    countTokens: (part) => assistant.countTokens(target, part),
  });
  const start = (gap: boolean) =>
    assistant.complete(target, {
      prompt,
      place,
      ...(gap && { suffix }),
      maxTokens,
      ...(signal && { signal }),
    });
  const told = (event: CompletionEvent, fillInTheMiddle: boolean): CompleteAtEvent =>
    event.type === 'text' ? event : { ...event, fillInTheMiddle, sources: used.map(sourceOf) };
  if (suffix.trim() !== '') {
    try {
      for await (const event of start(true)) yield told(event, true);
      return;
    } catch (error) {
      if (!GardenerError.isInstance(error) || error.code !== 'models.no-fill-in-the-middle') throw error;
    }
  }
  for await (const event of start(false)) yield told(event, false);
}

/** The path of a file as the project's index names it. */
function pathInProject(project: ProjectRecord, file: string): string {
  const path = relative(project.path, file);
  if (path !== '' && !path.startsWith('..') && path !== file) return path.split(sep).join('/');
  throw new GardenerError('chat.not-in-project', `${file} is not in the codebase of ${project.name}.`, {
    remedy: `Give a file below ${project.path}, or another project with -p.`,
  });
}

function splitAt(text: string, path: string, line: number, column: number) {
  const lines = text.split(/(?<=\n)/);
  const hasLine = line <= lines.length || (line === lines.length + 1 && (text === '' || text.endsWith('\n')));
  if (!hasLine) {
    throw new GardenerError('chat.no-such-line', `${path} has ${lines.length} lines and no line ${line}.`, {
      remedy: `Give a line from 1 to ${lines.length}.`,
    });
  }
  const start = lines.slice(0, line - 1).join('').length;
  const end = start + (lines[line - 1] ?? '').replace(/\r?\n$/, '').length;
  const place = Math.min(start + column - 1, end);
  return { before: text.slice(0, place), after: text.slice(place) };
}

/** Code that has to do with the lines before the place; none while nothing is indexed. */
async function related(
  assistant: Assistant,
  project: ProjectRecord,
  path: string,
  before: string,
  signal: AbortSignal | undefined,
): Promise<SearchResult[]> {
  const query = before.split('\n').slice(-QUERY_LINES).join('\n').trim() || path;
  try {
    const options = { k: RELATED_CHUNKS, excludePaths: [path], ...(signal && { signal }) };
    return (await assistant.search(project, query, options)).results;
  } catch (error) {
    const isEmpty =
      GardenerError.isInstance(error) &&
      (error.code === 'retrieval.no-index' || error.code === 'retrieval.nothing-indexed');
    if (isEmpty) return [];
    throw error;
  }
}

function unreadable(path: string, reason: string): GardenerError {
  return new GardenerError(
    'chat.unreadable-file',
    `${path} cannot be completed (${reason.replaceAll('-', ' ')}).`,
    {
      remedy: 'Give a text file that exists and is not larger than the setting maxFileBytes.',
      details: { path, reason },
    },
  );
}
