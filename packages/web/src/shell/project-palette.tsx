import { type ReactNode, useId, useMemo, useState } from 'react';
import type { ProjectView } from '../api/types.js';
import { Dialog } from '../design/dialog.js';
import { Icon } from '../design/icons.js';
import { Badge, Dot } from '../design/parts.js';
import { glanceWords } from './glance.js';

interface PaletteProps {
  projects: readonly ProjectView[];
  current: string | null;
  onChoose: (project: ProjectView) => void;
  onAdd: () => void;
  onClose: () => void;
}

/** Find a project by typing; arrow keys and Enter choose. */
export function ProjectPalette({ projects, current, onChoose, onAdd, onClose }: PaletteProps): ReactNode {
  const [query, setQuery] = useState('');
  const found = useMemo(() => matching(projects, query), [projects, query]);
  const [at, setAt] = useState(0);
  const listId = useId();
  // The last row adds a project.
  const rows = found.length + 1;
  const chosen = Math.min(at, rows - 1);
  const take = (row: number): void => {
    const project = found[row];
    onClose();
    if (project) onChoose(project);
    else onAdd();
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((chosen + step + rows) % rows);
    else if (event.key === 'Enter') take(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Switch project" onClose={onClose} className="palette" bare>
      <div className="palette-search">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={`${listId}-${chosen}`}
          aria-label="Find a project"
          placeholder="Find a project…"
          value={query}
          autoFocus
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
        <kbd>esc</kbd>
      </div>
      <div className="palette-list" role="listbox" id={listId} aria-label="Projects">
        {found.map((view, row) => (
          <Row
            key={view.project.id}
            id={`${listId}-${row}`}
            selected={row === chosen}
            onPick={() => take(row)}
            onHover={() => setAt(row)}
          >
            <ProjectRow view={view} current={view.project.id === current} />
          </Row>
        ))}
        {found.length === 0 && query !== '' && (
          <p className="palette-none muted">No project fits “{query}”.</p>
        )}
        <Row
          id={`${listId}-${found.length}`}
          selected={chosen === found.length}
          onPick={() => take(found.length)}
          onHover={() => setAt(found.length)}
        >
          <Icon name="plus" />
          <span>Add a project…</span>
        </Row>
      </div>
    </Dialog>
  );
}

function Row({
  id,
  selected,
  onPick,
  onHover,
  children,
}: {
  id: string;
  selected: boolean;
  onPick: () => void;
  onHover: () => void;
  children: ReactNode;
}): ReactNode {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field above
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, aria-activedescendant follows
    <div
      id={id}
      role="option"
      aria-selected={selected}
      className="palette-row"
      onClick={onPick}
      onPointerMove={onHover}
    >
      {children}
    </div>
  );
}

function ProjectRow({ view, current }: { view: ProjectView; current: boolean }): ReactNode {
  const { tone, label, eta, busy } = glanceWords(view);
  return (
    <>
      <Dot tone={tone} busy={busy} />
      <span className="grow">
        <span className="row">
          <strong className="truncate">{view.project.name}</strong>
          {current && <Badge>open</Badge>}
        </span>
        <span className="truncate-start small muted" title={view.project.path}>
          <span>{view.project.path}</span>
        </span>
      </span>
      <span className="small muted tabular palette-state">
        {label}
        {eta && <span className="faint">, {eta} left</span>}
      </span>
    </>
  );
}

/** Projects whose name or path has the letters of `query` in order; names that begin with it first. */
export function matching(projects: readonly ProjectView[], query: string): ProjectView[] {
  const wanted = query.trim().toLowerCase();
  const ranked = projects
    .map((view) => ({ view, rank: rankOf(view, wanted) }))
    .filter(({ rank }) => rank < 9)
    .sort((a, b) => a.rank - b.rank || a.view.project.name.localeCompare(b.view.project.name));
  return ranked.map(({ view }) => view);
}

function rankOf({ project }: ProjectView, wanted: string): number {
  const name = project.name.toLowerCase();
  if (wanted === '' || name.startsWith(wanted)) return 0;
  if (name.includes(wanted)) return 1;
  if (inOrder(name, wanted)) return 2;
  return project.path.toLowerCase().includes(wanted) ? 3 : 9;
}

function inOrder(text: string, letters: string): boolean {
  let at = -1;
  for (const letter of letters) {
    at = text.indexOf(letter, at + 1);
    if (at < 0) return false;
  }
  return true;
}
