import { join } from 'node:path';
import { languageOfPath } from '../../codebase/languages/languages.js';
import { maskSecrets } from '../../codebase/secrets/find-secrets.js';
import { linkedFile } from '../../codebase/walk/linked-file.js';
import { readSource } from '../../codebase/walk/read-source.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { currentSettings } from '../../garden/settings/follow-settings.js';
import { readFileStates } from '../../retrieval/store/manifest.js';

const MAX_LINES = 2_000;
/** A line of a minified file; the rest of it is not shown. */
const MAX_LINE_CHARACTERS = 5_000;

/** Lines of a file as it lies there now. */
export interface SourceLines {
  path: string;
  language: string | null;
  /** 1-based and inclusive. */
  from: number;
  to: number;
  totalLines: number;
  text: string;
  /** Secrets masked in the whole file. */
  masked: number;
}

/**
 * Lines of a file that the index has, secrets masked; at most 2,000 of them. The path is looked up in the index and
 * never put together, so that no request reads anything else.
 * @throws GardenerError `server.unknown-file` for any other path, and for one that is gone or no text any more
 */
export async function readIndexedSource(
  garden: Garden,
  project: ProjectRecord,
  path: string,
  from: number,
  to = from + MAX_LINES - 1,
): Promise<SourceLines> {
  const states = await readFileStates(garden.paths.index(project.id));
  const known = states.find((state) => state.path === path && state.outcome === 'indexed');
  if (known === undefined) throw unknownFile(path);
  // The project's path is a real one. A link's file may be read if it still leads to one of this folder.
  const file = linkedFile(project.path, known.path)?.absolutePath ?? join(project.path, known.path);
  const { maxFileBytes, allowedSecrets } = await currentSettings(garden);
  const source = await readSource(file, maxFileBytes);
  if (!source.ok) throw unknownFile(path, source.reason);
  const { text, secrets } = maskSecrets(known.path, source.text, allowedSecrets);
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const first = Math.min(from, Math.max(1, lines.length));
  const last = Math.min(to, lines.length, first + MAX_LINES - 1);
  const shown = lines.slice(first - 1, last).map((line) => line.slice(0, MAX_LINE_CHARACTERS));
  return {
    path: known.path,
    language: languageOfPath(known.path)?.id ?? null,
    from: first,
    to: Math.max(first, last),
    totalLines: lines.length,
    text: shown.join('\n'),
    masked: secrets.length,
  };
}

function unknownFile(path: string, reason?: string): GardenerError {
  const why = reason === undefined ? 'is not in the index of this project' : `cannot be shown (${reason})`;
  return new GardenerError('server.unknown-file', `${JSON.stringify(path.slice(0, 300))} ${why}.`, {
    remedy:
      'Take a path that a search or the list of files has given; refresh the project if the file is new.',
  });
}
