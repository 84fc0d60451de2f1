import { relative, sep } from 'node:path';
import { readSource } from '../../codebase/walk/read-source.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { CodeCompleter } from './code-completer.js';
import type { CompleteCodeEvent } from './code-request.js';

/** Where to complete, and how much. */
export interface CompleteAtRequest {
  /** Absolute path of a file of the project. */
  file: string;
  /** From 1; one more than the file has is its end. What stands in this line and below counts as after the place. */
  line: number;
  /** From 1, in the line. Defaults to its start. */
  column?: number;
  maxTokens: number;
  /** Defaults to what suits the project. */
  retrieval?: boolean;
  adapter?: 'promoted' | 'base';
  /** Of the adapter, 0 to 1.5. Defaults to the setting. */
  strength?: number;
  /** Whether lines are told as soon as they are certain. Defaults to false. */
  stream?: boolean;
  signal?: AbortSignal;
}

/**
 * Completes code at a place of a file of a project.
 * @throws GardenerError `chat.not-in-project`, `chat.no-such-line`, `chat.unreadable-file`, `models.*`, `retrieval.*`
 */
export async function* completeAt(
  garden: Pick<Garden, 'settings'>,
  completer: CodeCompleter,
  project: ProjectRecord,
  request: CompleteAtRequest,
): AsyncGenerator<CompleteCodeEvent, void> {
  const { signal, maxTokens, retrieval, adapter = 'promoted', strength, stream = false } = request;
  const path = pathInProject(project, request.file);
  const source = await readSource(request.file, garden.settings.maxFileBytes);
  if (!source.ok && source.reason !== 'empty') throw unreadable(path, source.reason);
  const { before, after } = splitAt(source.ok ? source.text : '', path, request.line, request.column ?? 1);
  const target = {
    project,
    baseModel: project.baseModel,
    adapter,
    ...(strength !== undefined && { strength }),
  };
  const code = { path, before, after };
  yield* completer.complete(target, {
    ...{ code, maxTokens, stream },
    ...(retrieval !== undefined && { retrieval }),
    ...(signal && { signal }),
  });
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

function unreadable(path: string, reason: string): GardenerError {
  return new GardenerError(
    'chat.unreadable-file',
    `Nothing can be completed in ${path}: ${reason === 'deleted' ? 'there is no such file' : `it is ${reason.replaceAll('-', ' ')}`}.`,
    {
      remedy: 'Give a text file that exists and is not larger than the setting maxFileBytes.',
      details: { path, reason },
    },
  );
}
