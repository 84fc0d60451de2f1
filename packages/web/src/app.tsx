import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { connect } from './api/live.js';
import { findProject, useProjects } from './api/projects.js';
import type { ProjectView } from './api/types.js';
import { ErrorNotice } from './design/error-notice.js';
import { Button, Empty, Skeleton } from './design/parts.js';
import { Toasts } from './design/toast.js';
import { Welcome } from './pages/welcome.js';
import { parseRoute, projectHref, type Route } from './route.js';
import { navigate, useLocation } from './router.js';
import { AddProject } from './shell/add-project.js';
import { ConnectionBanner } from './shell/connection-banner.js';
import { useDocumentTitle } from './shell/page.js';
import { PageBoundary } from './shell/page-boundary.js';
import { ProjectPalette } from './shell/project-palette.js';
import { Sidebar } from './shell/sidebar.js';
import { switchProject } from './shell/switch-project.js';

const FILES = {
  overview: () => import('./pages/overview/overview.js'),
  training: () => import('./pages/training/training.js'),
  chat: () => import('./pages/chat/chat.js'),
  search: () => import('./pages/search/search.js'),
  fleet: () => import('./pages/fleet/fleet.js'),
  settings: () => import('./pages/settings/settings.js'),
};
const PAGES = {
  overview: lazy(FILES.overview),
  training: lazy(FILES.training),
  chat: lazy(FILES.chat),
  search: lazy(FILES.search),
};
const Fleet = lazy(FILES.fleet);
const Settings = lazy(FILES.settings);
/** After the first page is in sight, the others are fetched, so that they open at once and while the server is away. */
const PREFETCH_AFTER_MS = 1_500;

/** The whole of it: the frame, and the page that the address asks for. */
export function App(): ReactNode {
  const { pathname } = useLocation();
  const route = parseRoute(pathname);
  const { data } = useProjects();
  const projects = data?.projects ?? [];
  const shown = useShownProject(route, projects);
  const [overlay, setOverlay] = useState<'palette' | 'add' | null>(null);
  const main = useRef<HTMLElement>(null);
  useEffect(connect, []);
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const fetchPage of Object.values(FILES)) fetchPage().catch(() => undefined);
    }, PREFETCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setOverlay((open) => (open === 'palette' ? null : 'palette'));
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
  const tab = route.page === 'project' ? route.tab : null;
  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <div className="frame">
        <Sidebar
          project={shown}
          tab={tab}
          garden={route.page === 'fleet' || route.page === 'settings' ? route.page : null}
          onOpenPalette={() => setOverlay('palette')}
        />
        <main ref={main} id="main" tabIndex={-1} className="main">
          <ConnectionBanner />
          <PageBoundary key={pathname}>
            <RoutedPage route={route} onAdd={() => setOverlay('add')} />
          </PageBoundary>
        </main>
      </div>
      {overlay === 'palette' && (
        <ProjectPalette
          projects={projects}
          current={shown?.project.id ?? null}
          onChoose={(view) => void switchProject(view, tab ?? 'overview')}
          onAdd={() => setOverlay('add')}
          onClose={() => setOverlay(null)}
        />
      )}
      {overlay === 'add' && <AddProject onClose={() => setOverlay(null)} />}
      <Toasts />
    </>
  );
}

/** The project of the address; on the pages of the whole garden the one that was open before, else the active one. */
function useShownProject(route: Route, projects: readonly ProjectView[]): ProjectView | undefined {
  const last = useRef<string | null>(null);
  const named = route.page === 'project' ? findProject(projects, route.project) : undefined;
  if (named) last.current = named.project.id;
  if (route.page === 'project') return named;
  return projects.find(({ project }) => project.id === last.current) ?? projects.find(({ active }) => active);
}

function RoutedPage({ route, onAdd }: { route: Route; onAdd: () => void }): ReactNode {
  const { data, error, reload } = useProjects();
  if (route.page === 'settings') {
    return (
      <Suspense fallback={<Waiting />}>
        <Settings />
      </Suspense>
    );
  }
  if (route.page === 'fleet') {
    return (
      <Suspense fallback={<Waiting />}>
        <Fleet />
      </Suspense>
    );
  }
  if (route.page === 'not-found') return <NotFound what="This page" />;
  if (data === undefined) {
    return error ? (
      <div className="page">
        <ErrorNotice error={error} onRetry={reload} />
      </div>
    ) : (
      <Waiting />
    );
  }
  if (route.page === 'home') return <Home projects={data.projects} onAdd={onAdd} />;
  const view = findProject(data.projects, route.project);
  if (view === undefined) return <NotFound what={`The project “${route.project}”`} />;
  const Page = PAGES[route.tab];
  return (
    <Suspense fallback={<Waiting />}>
      <Page key={view.project.id} view={view} />
    </Suspense>
  );
}

function Home({ projects, onAdd }: { projects: readonly ProjectView[]; onAdd: () => void }): ReactNode {
  const first = projects.find(({ active }) => active) ?? projects[0];
  useEffect(() => {
    if (first) navigate(projectHref(first.project.name), { replace: true });
  }, [first]);
  return first ? <Waiting /> : <Welcome onAdd={onAdd} />;
}

function Waiting(): ReactNode {
  return (
    <div className="page">
      <Skeleton lines={6} />
    </div>
  );
}

function NotFound({ what }: { what: string }): ReactNode {
  useDocumentTitle('Not found');
  return (
    <div className="page">
      <h1 className="visually-hidden">Not found</h1>
      <Empty
        icon="search"
        title={`${what} is not here`}
        action={<Button onClick={() => navigate('/')}>Go to the active project</Button>}
      >
        It may have been removed, or its name is misspelt in the address. Ctrl+K lists your projects.
      </Empty>
    </div>
  );
}
