import { request } from './request.js';
import { useResource } from './resource.js';
import { invalidate, replace } from './resource-cache.js';
import type { FleetView, ProjectList, ProjectView } from './types.js';

const LIST = '/api/projects';
const FLEET = '/api/fleet';
/** Steps of a training come several times a second; once a second is enough to look at. */
const REFRESH_MS = 1_000;

/** The address of something of one project. */
export function projectPath(id: string, rest = ''): string {
  return `${LIST}/${encodeURIComponent(id)}${rest}`;
}

/** All projects, kept up to date by events. */
export function useProjects() {
  return useResource<ProjectList>(LIST);
}

/** The project named in the address bar: by name, else by id. */
export function findProject(projects: readonly ProjectView[], nameOrId: string): ProjectView | undefined {
  return (
    projects.find(({ project }) => project.name === nameOrId) ??
    projects.find(({ project }) => project.id === nameOrId)
  );
}

/** Where every project stands, in one table. */
export function useFleet() {
  return useResource<FleetView>(FLEET);
}

/** Puts what an action answered into the list. */
export function putProject(view: ProjectView): void {
  replace<ProjectList>(LIST, (list) => {
    if (list === undefined) return undefined;
    const known = list.projects.some(({ project }) => project.id === view.project.id);
    const others = view.active ? list.projects.map((one) => ({ ...one, active: false })) : list.projects;
    return {
      ...list,
      projects: known
        ? others.map((one) => (one.project.id === view.project.id ? view : one))
        : [...others, view],
    };
  });
}

/** Takes a removed project off the list at once, before a page looks for where to go. */
export function dropProject(id: string): void {
  replace<ProjectList>(
    LIST,
    (list) => list && { ...list, projects: list.projects.filter(({ project }) => project.id !== id) },
  );
}

/** A project was added, removed or made the active one. */
export function projectsChanged(): void {
  invalidate((path) => path === LIST);
}

let isFleetWaiting = false;

/** Something of some project has changed: the table is fetched again where it is shown, at most every two seconds. */
function fleetChanged(): void {
  if (isFleetWaiting) return;
  isFleetWaiting = true;
  setTimeout(() => {
    isFleetWaiting = false;
    invalidate((path) => path === FLEET);
  }, 2 * REFRESH_MS);
}

const waiting = new Map<string, { everything: boolean }>();

/**
 * Something of a project has changed: it is fetched again, at most once a second.
 * @param everything also its adapters, files and conversations, not only its state and its runs
 */
export function projectChanged(id: string, { everything = false } = {}): void {
  fleetChanged();
  const pending = waiting.get(id);
  if (pending) {
    pending.everything ||= everything;
    return;
  }
  waiting.set(id, { everything });
  setTimeout(() => {
    const all = waiting.get(id)?.everything ?? false;
    waiting.delete(id);
    void refetch(id, all);
  }, REFRESH_MS);
}

async function refetch(id: string, everything: boolean): Promise<void> {
  const prefix = projectPath(id, '/');
  invalidate((path) =>
    everything ? path.startsWith(prefix) && !path.includes('/source?') : path === projectPath(id, '/runs'),
  );
  try {
    putProject(await request<ProjectView>('GET', projectPath(id)));
  } catch {
    // Gone, or the server is away: the list says which.
    projectsChanged();
  }
}
