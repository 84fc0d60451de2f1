import { type ReactNode, useState } from 'react';
import { projectChanged, projectPath } from '../../api/projects.js';
import { type ApiError, asApiError, request } from '../../api/request.js';
import { invalidate } from '../../api/resource-cache.js';
import { Dialog } from '../../design/dialog.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Button } from '../../design/parts.js';
import { BaseField } from '../../shell/base-field.js';
import { BudgetField, useBudget } from '../../shell/budget-field.js';

/** Starts a training with a time budget, on the project's base or another. */
export function StartTraining({ projectId, onClose }: { projectId: string; onClose: () => void }): ReactNode {
  const [budgetMs, setBudgetMs] = useBudget();
  const [baseModel, setBaseModel] = useState<string | null>('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const start = async (): Promise<void> => {
    setBusy(true);
    try {
      await request('POST', projectPath(projectId, '/runs'), {
        kind: 'train',
        budgetMs,
        ...(baseModel && { baseModel }),
      });
      invalidate((path) => path === projectPath(projectId, '/runs'));
      projectChanged(projectId);
      onClose();
    } catch (caught) {
      setError(asApiError(caught));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Train an adapter"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            icon="play"
            busy={busy}
            disabled={budgetMs === null || baseModel === null}
            onClick={() => void start()}
          >
            Start training
          </Button>
        </>
      }
    >
      {error && <ErrorNotice error={error} />}
      <p className="muted">
        The index is brought up to date first. The new adapter answers only if it beats the base model on
        held-out code.
      </p>
      <div className="stack stack-wide">
        <BaseField value={baseModel} unset="The project’s own" onChange={setBaseModel} />
        {baseModel && (
          <p className="small muted">
            The adapters there are stay as they are. When the new one is promoted, the project answers with
            this base; promoting an older adapter switches back.
          </p>
        )}
        <BudgetField value={budgetMs} onChange={setBudgetMs} />
      </div>
    </Dialog>
  );
}
