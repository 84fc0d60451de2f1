import { posix } from 'node:path';
import type { CodeAtCursor } from '../../chat/completion/code-request.js';
import type { ProjectRecord } from '../../garden/project-record.js';

/** A file as an editor names it, in the terms of a project. */
export interface FileOfProject<Project> {
  project: Project;
  /** As the project's index names it. */
  path: string;
}

/**
 * The innermost project that a file named by its absolute path lies in, or null. Names are compared as text: a request
 * learns nothing about which files or folders there are.
 * @param name with `/` or `\`, also as a `file://` address
 */
export function projectOfFile<Project extends Pick<ProjectRecord, 'path'>>(
  projects: readonly Project[],
  name: string,
): FileOfProject<Project> | null {
  const file = plainName(name);
  if (!isAbsolute(file)) return null;
  const inside = (project: Project) => {
    const root = withSlash(plainName(project.path));
    // A drive is written in both cases.
    const isIn = /^[a-z]:/i.test(root)
      ? file.toLowerCase().startsWith(root.toLowerCase())
      : file.startsWith(root);
    return isIn && file.length > root.length ? [{ project, path: file.slice(root.length) }] : [];
  };
  return projects.flatMap(inside).sort((a, b) => a.path.length - b.path.length)[0] ?? null;
}

/**
 * A file name in a known project, as its index names it: what leads out of the project, and what is too long to be a
 * path, is null.
 */
export function pathInProject(project: Pick<ProjectRecord, 'path'>, name: string): string | null {
  const file = plainName(name);
  const path = isAbsolute(file) ? projectOfFile([project], name)?.path : file;
  if (path === undefined || path === '' || path === '.' || path.length > 1_000) return null;
  return path === '..' || path.startsWith('../') ? null : path;
}

/** Code with a place in it as a client tells it: its files by whatever names the client has for them. */
export interface ToldCode {
  path: string | null | undefined;
  before: string;
  after: string;
  files?: readonly { path: string | null | undefined; text: string }[];
}

/** The same in the terms of a project: no name leads out of it, and none says where on the machine it lies. */
export function codeInProject(
  project: Pick<ProjectRecord, 'path'> | null,
  { path, before, after, files = [] }: ToldCode,
): CodeAtCursor {
  // Without a project no absolute name lies in it.
  const named = (name: string) => pathInProject(project ?? { path: '' }, name);
  return {
    ...{ path: path == null ? null : named(path), before, after },
    extra: files.flatMap((file, index) =>
      file.text.trim() === ''
        ? []
        : [{ path: named(file.path ?? '') ?? `snippet-${index + 1}`, text: file.text }],
    ),
  };
}

/** With slashes, and without `.`, `..` and what cannot be seen. */
function plainName(name: string): string {
  const decoded = name.startsWith('file://') ? fromAddress(name) : name;
  return posix.normalize(decoded.replaceAll('\\', '/').replace(/\p{Cc}/gu, ''));
}

function fromAddress(address: string): string {
  try {
    const path = decodeURIComponent(new URL(address).pathname);
    return path.replace(/^\/(?=[a-z]:)/i, '');
  } catch {
    return '';
  }
}

function isAbsolute(file: string): boolean {
  return file.startsWith('/') || /^[a-z]:\//i.test(file);
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}
