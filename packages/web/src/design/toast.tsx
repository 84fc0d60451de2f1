import { type ReactNode, useSyncExternalStore } from 'react';
import { Icon } from './icons.js';
import { IconButton } from './parts.js';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

const SHOWN_MS = 6_000;
let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Says something in the corner for a few seconds; screen readers hear it. Errors stay until they are closed. */
export function toast(text: string, { bad = false } = {}): void {
  const id = nextId++;
  set([...toasts.slice(-3), { id, text, bad }]);
  if (!bad) setTimeout(() => close(id), SHOWN_MS);
}

function close(id: number): void {
  set(toasts.filter((one) => one.id !== id));
}

/** Where toasts are shown; once in the page. */
export function Toasts(): ReactNode {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, bad }) => (
        <div key={id} className={bad ? 'toast toast-bad' : 'toast'} role={bad ? 'alert' : undefined}>
          <Icon name={bad ? 'alert' : 'check'} />
          <p className="grow">{text}</p>
          <IconButton small label="Dismiss" icon="close" onClick={() => close(id)} />
        </div>
      ))}
    </div>
  );
}
