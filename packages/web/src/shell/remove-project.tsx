import { type ReactNode, useState } from 'react';
import { dropProject, projectPath, projectsChanged } from '../api/projects.js';
import { type ApiError, asApiError, request } from '../api/request.js';
import type { ProjectView } from '../api/types.js';
import { Dialog } from '../design/dialog.js';
import { ErrorNotice } from '../design/error-notice.js';
import { Button } from '../design/parts.js';
import { toast } from '../design/toast.js';
import { navigate } from '../router.js';

/** Removes a project once its name has been typed: its adapters cannot be restored. */
export function RemoveProject({ view, onClose }: { view: ProjectView; onClose: () => void }): ReactNode {
  const { id, name, path } = view.project;
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const remove = async (): Promise<void> => {
    if (typed.trim() !== name) return;
    setBusy(true);
    try {
      await request('DELETE', projectPath(id));
      onClose();
      dropProject(id);
      navigate('/');
      projectsChanged();
      toast(`${name} is removed. Your code was not touched.`);
    } catch (caught) {
      setError(asApiError(caught));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={`Remove ${name}?`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger-solid"
            busy={busy}
            disabled={typed.trim() !== name}
            onClick={() => void remove()}
          >
            Remove project
          </Button>
        </>
      }
    >
      {error && <ErrorNotice error={error} />}
      <p>
        Its index, all its adapters, training runs and conversations are deleted for good. The code in{' '}
        <code className="break">{path}</code> stays as it is.
      </p>
      <form
        className="field"
        onSubmit={(event) => {
          event.preventDefault();
          void remove();
        }}
      >
        <label htmlFor="remove-name">
          Type <strong>{name}</strong> to confirm
        </label>
        <input
          id="remove-name"
          className="input"
          value={typed}
          autoComplete="off"
          spellCheck={false}
          autoFocus
          onChange={(event) => setTyped(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
