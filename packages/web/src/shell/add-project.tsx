import { type FormEvent, type ReactNode, useState } from 'react';
import { useModelProgress } from '../api/live.js';
import { putProject } from '../api/projects.js';
import { type ApiError, asApiError, request } from '../api/request.js';
import type { ProjectView } from '../api/types.js';
import { Dialog } from '../design/dialog.js';
import { ErrorNotice } from '../design/error-notice.js';
import { Button, Progress, Switch } from '../design/parts.js';
import { bytes } from '../format.js';
import { projectHref } from '../route.js';
import { navigate } from '../router.js';
import { BaseField } from './base-field.js';
import { BudgetField, useBudget } from './budget-field.js';
import { FolderPicker } from './folder-picker.js';

const FORM = 'add-project';

/** Points Gardener at a folder; indexing and training begin at once. */
export function AddProject({ onClose }: { onClose: () => void }): ReactNode {
  const [path, setPath] = useState('');
  const [picking, setPicking] = useState(true);
  const [name, setName] = useState('');
  const [baseModel, setBaseModel] = useState<string | null>('');
  const [train, setTrain] = useState(true);
  const [budgetMs, setBudgetMs] = useBudget();
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  const add = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const view = await request<ProjectView>('POST', '/api/projects', {
        path: path.trim(),
        train,
        ...(name.trim() && { name: name.trim() }),
        ...(baseModel && { baseModel }),
        ...(train && budgetMs !== null && { budgetMs }),
      });
      putProject(view);
      onClose();
      navigate(projectHref(view.project.name, 'overview'));
    } catch (caught) {
      setError(asApiError(caught));
      setBusy(false);
    }
  };

  return (
    <Dialog
      title="Add a project"
      className="dialog-wide"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form={FORM}
            busy={busy}
            disabled={path.trim() === '' || baseModel === null || (train && budgetMs === null)}
          >
            Add project
          </Button>
        </>
      }
    >
      <form id={FORM} className="stack stack-wide" onSubmit={(event) => void add(event)}>
        {error && <ErrorNotice error={error} />}
        {busy && <Fetching />}
        <div className="field">
          <label htmlFor="add-path">Folder</label>
          <div className="row">
            <input
              id="add-path"
              className="input mono"
              placeholder="/home/you/code/shop"
              value={path}
              autoFocus
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setPath(event.target.value)}
            />
            <Button icon="folder" aria-expanded={picking} onClick={() => setPicking(!picking)}>
              Browse
            </Button>
          </div>
          {picking && <FolderPicker start={path.trim()} onPick={setPath} />}
        </div>
        <div className="fields">
          <div className="field">
            <label htmlFor="add-name">Name</label>
            <input
              id="add-name"
              className="input"
              placeholder={folderName(path)}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </div>
          <BaseField value={baseModel} unset="As in the settings" onChange={setBaseModel} />
        </div>
        <div className="stack">
          <Switch label="Train an adapter after indexing" checked={train} onChange={setTrain} />
          {train && <BudgetField value={budgetMs} onChange={setBudgetMs} />}
        </div>
      </form>
    </Dialog>
  );
}

/** Models that are being fetched before the project is added. */
function Fetching(): ReactNode {
  const models = Object.entries(useModelProgress()).filter(([, { state }]) => state === 'downloading');
  return (
    <div className="stack" role="status">
      <p className="small muted">
        {models.length === 0
          ? 'Looking through the folder.'
          : 'Models are fetched once, for all projects. You may close this page: the project is added all the same.'}
      </p>
      {models.map(([id, { doneBytes, totalBytes }]) => (
        <div key={id} className="stack">
          <span className="small tabular">
            {id}: {bytes(doneBytes)}
            {totalBytes !== null && ` of ${bytes(totalBytes)}`}
          </span>
          <Progress value={totalBytes === null ? null : doneBytes / totalBytes} label={`Fetching ${id}`} />
        </div>
      ))}
    </div>
  );
}

function folderName(path: string): string {
  return path.trim().split(/[\\/]/).filter(Boolean).at(-1) ?? 'The folder’s name';
}
