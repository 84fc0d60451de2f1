import type { ReactNode } from 'react';
import { useProjects } from '../api/projects.js';
import { Icon } from '../design/icons.js';
import { Button, Notice } from '../design/parts.js';
import { Words } from '../design/words.js';
import { useDocumentTitle } from '../shell/page.js';

const STEPS = [
  ['Index', 'Your files are parsed, and searchable after seconds to minutes.'],
  ['Train', 'An adapter learns this codebase in the background, on this machine.'],
  ['Measure', 'It answers only if it is better on code it has not seen.'],
] as const;

/** The first page, while there is no project. */
export function Welcome({ onAdd }: { onAdd: () => void }): ReactNode {
  useDocumentTitle('Welcome');
  const damaged = useProjects().data?.damaged ?? [];
  return (
    <div className="welcome">
      <span className="welcome-mark" aria-hidden="true">
        <Icon name="sprout" />
      </span>
      {damaged.map(({ id, message, remedy }) => (
        <Notice key={id} tone="bad">
          <p>
            <strong>{message}</strong>
          </p>
          <p className="muted">
            <Words text={remedy} />
          </p>
        </Notice>
      ))}
      <h1>Point Gardener at a codebase</h1>
      <p className="muted">It learns your code where it lies. Nothing leaves this machine.</p>
      <Button look="primary" icon="plus" onClick={onAdd}>
        Add a project
      </Button>
      <ol className="welcome-steps">
        {STEPS.map(([title, text], index) => (
          <li key={title}>
            <span className="welcome-number tabular">{index + 1}</span>
            <strong>{title}</strong>
            <span className="muted">{text}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
