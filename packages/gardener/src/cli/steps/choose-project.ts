import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { Session } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';

/**
 * The project a command is about: the one named (id, name or path), else the one whose folder the user stands in, else
 * the active one, else the only one. Where none is named and several could be meant, it is said on stderr.
 * @throws GardenerError `garden.unknown-project`; `cli.no-project` when none is named and none can be meant
 */
export async function chooseProject(
  { garden, output }: Pick<Session, 'garden' | 'output'>,
  named?: string,
): Promise<ProjectRecord> {
  if (named !== undefined) return garden.registry.get(named);
  const { projects, problems } = await garden.registry.read();
  const meant =
    projectAround(projects, await currentFolder()) ?? (await garden.registry.active()) ?? only(projects);
  if (meant !== null) {
    if (projects.length > 1) output.note(output.notePalette.quiet(`Project: ${oneLine(meant.name)}`));
    return meant;
  }
  if (projects.length > 0) {
    throw new GardenerError('cli.no-project', 'No project is active.', {
      remedy: `Name one, or make one active with gardener switch: ${projects.map(({ name }) => name).join(', ')}.`,
    });
  }
  const [problem] = problems;
  if (problem !== undefined) throw problem.error;
  throw new GardenerError('cli.no-project', 'There is no project yet.', {
    remedy: 'Add a codebase first: gardener add <path>.',
  });
}

/** The project that a folder or file belongs to, of nested ones the innermost; null where it belongs to none. */
export function projectAround(projects: readonly ProjectRecord[], folder: string): ProjectRecord | null {
  const around = projects.filter(
    ({ path }) => folder === path || folder.startsWith(path.replace(/[/\\]?$/, sep)),
  );
  return around.sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}

function only(projects: readonly ProjectRecord[]): ProjectRecord | null {
  return projects.length === 1 ? (projects[0] ?? null) : null;
}

/** Links resolved, as projects' paths are; empty where the folder is gone. */
async function currentFolder(): Promise<string> {
  try {
    return await realpath(process.cwd());
  } catch {
    return '';
  }
}
