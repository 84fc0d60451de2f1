import { type ReactNode, useState } from 'react';
import { type ApiError, asApiError, request } from '../../api/request.js';
import type { ModelView } from '../../api/types.js';
import { Dialog } from '../../design/dialog.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Button } from '../../design/parts.js';
import { bytes } from '../../format.js';

/** Deletes a model after asking; one that projects need only after saying which, and asking again. */
export function RemoveModel({ model, onRemoved }: { model: ModelView; onRemoved: () => void }): ReactNode {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const isInUse = error?.code === 'models.in-use';
  const remove = async (): Promise<void> => {
    setBusy(true);
    try {
      await request('DELETE', `/api/models/${encodeURIComponent(model.id)}${isInUse ? '?force=true' : ''}`);
      setAsking(false);
      onRemoved();
    } catch (caught) {
      setError(asApiError(caught));
    }
    setBusy(false);
  };
  const close = (): void => {
    setAsking(false);
    setError(null);
  };
  return (
    <>
      <Button
        small
        look="danger"
        icon="trash"
        aria-label={`Remove ${model.name}`}
        onClick={() => setAsking(true)}
      >
        Remove
      </Button>
      {asking && (
        <Dialog
          title={`Remove ${model.name}?`}
          onClose={close}
          footer={
            <>
              <Button onClick={close}>{isInUse ? 'Keep it' : 'Cancel'}</Button>
              <Button look="danger-solid" busy={busy} onClick={() => void remove()}>
                {isInUse ? 'Remove all the same' : 'Remove model'}
              </Button>
            </>
          }
        >
          {error && <ErrorNotice error={error} />}
          {!error && (
            <p>
              {model.bytes !== null && `It frees ${bytes(model.bytes)}. `}What was trained on it stays, and
              works again once it is downloaded again.
            </p>
          )}
        </Dialog>
      )}
    </>
  );
}
