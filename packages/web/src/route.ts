/** The pages of one project. */
export const PROJECT_PAGES = ['overview', 'training', 'chat', 'search'] as const;
export type ProjectPage = (typeof PROJECT_PAGES)[number];

/** Which page the address bar asks for. */
export type Route =
  | { page: 'home' }
  | { page: 'project'; project: string; tab: ProjectPage }
  | { page: 'fleet' }
  | { page: 'settings' }
  | { page: 'not-found' };

/** `/p/shop/chat` -> the chat of "shop". Pure. */
export function parseRoute(pathname: string): Route {
  const parts = pathname.split('/').filter((part) => part !== '');
  if (parts.length === 0) return { page: 'home' };
  if (parts.length === 1 && parts[0] === 'settings') return { page: 'settings' };
  if (parts.length === 1 && parts[0] === 'fleet') return { page: 'fleet' };
  const [first, project, tab = 'overview'] = parts;
  const known = PROJECT_PAGES.find((one) => one === tab);
  if (first !== 'p' || project === undefined || known === undefined || parts.length > 3) {
    return { page: 'not-found' };
  }
  try {
    return { page: 'project', project: decodeURIComponent(project), tab: known };
  } catch {
    return { page: 'not-found' };
  }
}

/** The address of a project's page. */
export function projectHref(project: string, tab: ProjectPage = 'overview'): string {
  return `/p/${encodeURIComponent(project)}/${tab}`;
}

/** Where editors find a project, on the server that the page comes from. Pure. */
export function editorAddress(origin: string, projectName: string): string {
  return `${origin}/p/${encodeURIComponent(projectName)}`;
}
