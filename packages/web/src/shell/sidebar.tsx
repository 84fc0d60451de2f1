import type { ReactNode } from 'react';
import { useConnection } from '../api/live.js';
import type { ProjectView } from '../api/types.js';
import { Icon, type IconName } from '../design/icons.js';
import { Dot, IconButton } from '../design/parts.js';
import { setTheme, type Theme, useTheme } from '../design/theme.js';
import { type ProjectPage, projectHref } from '../route.js';
import { Link } from '../router.js';
import { glanceWords } from './glance.js';

const PAGES: { tab: ProjectPage; label: string; icon: IconName }[] = [
  { tab: 'overview', label: 'Overview', icon: 'overview' },
  { tab: 'training', label: 'Training', icon: 'chart' },
  { tab: 'chat', label: 'Chat', icon: 'chat' },
  { tab: 'search', label: 'Search', icon: 'search' },
];

/** What is about all projects. */
const GARDEN: { page: 'fleet' | 'settings'; label: string; icon: IconName }[] = [
  { page: 'fleet', label: 'Fleet', icon: 'rows' },
  { page: 'settings', label: 'Settings', icon: 'settings' },
];

interface SidebarProps {
  project: ProjectView | undefined;
  tab: ProjectPage | null;
  /** The page of the whole garden that is shown. */
  garden: 'fleet' | 'settings' | null;
  onOpenPalette: () => void;
}

/**
 * Navigation: the project, its pages, the fleet, the settings. On a narrow screen a bar at the top and one at the
 * bottom.
 */
export function Sidebar({ project, tab, garden, onOpenPalette }: SidebarProps): ReactNode {
  return (
    <div className="sidebar">
      <header className="sidebar-top">
        <ProjectButton project={project} onOpen={onOpenPalette} />
      </header>
      <nav className="sidebar-pages" aria-label="Project">
        {project &&
          PAGES.map((page) => (
            <Link
              key={page.tab}
              href={projectHref(project.project.name, page.tab)}
              className="nav-link"
              aria-current={page.tab === tab ? 'page' : undefined}
            >
              <Icon name={page.icon} />
              <span>{page.label}</span>
              {page.tab === 'training' && glanceWords(project).busy && <Dot tone="info" busy />}
            </Link>
          ))}
      </nav>
      <div className="sidebar-foot">
        {GARDEN.map(({ page, label, icon }) => (
          <Link
            key={page}
            href={`/${page}`}
            className="nav-link"
            aria-current={page === garden ? 'page' : undefined}
          >
            <Icon name={icon} />
            <span>{label}</span>
          </Link>
        ))}
        <div className="row spread sidebar-garden">
          <ServerState />
          <ThemeButton />
        </div>
      </div>
    </div>
  );
}

function ProjectButton({
  project,
  onOpen,
}: {
  project: ProjectView | undefined;
  onOpen: () => void;
}): ReactNode {
  const state = project && glanceWords(project);
  return (
    <button
      type="button"
      className="project-button"
      aria-haspopup="dialog"
      onClick={onOpen}
      title="Switch project (Ctrl+K)"
    >
      <span className="project-mark" aria-hidden="true">
        <Icon name="sprout" />
      </span>
      <span className="grow project-words">
        <strong className="truncate">{project?.project.name ?? 'Gardener'}</strong>
        <span className="small muted row project-glance">
          {state && <Dot tone={state.tone} busy={state.busy} />}
          <span className="truncate tabular">{state?.label ?? 'Choose a project'}</span>
        </span>
      </span>
      <Icon name="updown" />
    </button>
  );
}

function ServerState(): ReactNode {
  const connection = useConnection();
  const words = { live: 'Server running', connecting: 'Connecting…', away: 'Server away' }[connection];
  const tone = connection === 'live' ? 'good' : connection === 'away' ? 'bad' : 'plain';
  return (
    <span className="row small muted">
      <Dot tone={tone} />
      {words}
    </span>
  );
}

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };

function ThemeButton(): ReactNode {
  const theme = useTheme();
  const icon: IconName = theme === 'system' ? 'monitor' : theme === 'light' ? 'sun' : 'moon';
  return (
    <IconButton
      small
      icon={icon}
      label={`Colours: ${theme}. Change to ${NEXT[theme]}`}
      onClick={() => setTheme(NEXT[theme])}
    />
  );
}
