import { type ReactNode, useState } from 'react';
import { useModelProgress } from '../../api/live.js';
import { asApiError, request } from '../../api/request.js';
import { useResource } from '../../api/resource.js';
import { invalidate } from '../../api/resource-cache.js';
import type { ModelList, ModelView } from '../../api/types.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Badge, Button, Progress, Skeleton } from '../../design/parts.js';
import { toast } from '../../design/toast.js';
import { bytes, percent } from '../../format.js';
import { RemoveModel } from './remove-model.js';

const LIST = '/api/models';

/** The models that are on disk, and those that can be fetched. */
export function ModelsCard(): ReactNode {
  const { data, error, reload } = useResource<ModelList>(LIST);
  return (
    <section className="card">
      <div className="card-head">
        <h2>Models</h2>
        <span className="small muted">A model on disk is never asked for again</span>
      </div>
      {error && (
        <div className="card-body">
          <ErrorNotice error={error} onRetry={reload} />
        </div>
      )}
      {!data && !error && (
        <div className="card-body">
          <Skeleton lines={4} />
        </div>
      )}
      {data?.models.map((model) => (
        <Model key={model.id} model={model} />
      ))}
    </section>
  );
}

function Model({ model }: { model: ModelView }): ReactNode {
  const progress = useModelProgress()[model.id];
  const [asked, setAsked] = useState(false);
  const downloading =
    model.state === 'downloading' || (progress?.state === 'downloading' && model.state !== 'ready');
  const address = `${LIST}/${encodeURIComponent(model.id)}`;
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    setAsked(true);
    try {
      await work();
    } catch (error) {
      const { message, remedy } = asApiError(error);
      toast(`${message} ${remedy}`, { bad: true });
    }
    setAsked(false);
    changed();
  };
  return (
    <div className="setting model">
      <div className="setting-words">
        <div className="row row-wrap">
          <h3>{model.name}</h3>
          <State state={downloading ? 'downloading' : model.state} />
          <Badge>
            {model.kind === 'base' ? (model.trainable ? 'base, trainable' : 'base') : 'embedding'}
          </Badge>
        </div>
        <p className="small muted">{model.description}</p>
        <p className="small faint">
          <span className="mono small">{model.id}</span> ·{' '}
          {model.bytes !== null && `${bytes(model.bytes)} · `}
          {model.licence}
        </p>
        {downloading && (
          <Progress
            value={progress?.totalBytes ? progress.doneBytes / progress.totalBytes : null}
            label={`Download of ${model.name}`}
          />
        )}
        {progress?.state === 'failed' && progress.error && (
          <p className="small setting-error" role="alert">
            {progress.error.message} {progress.error.remedy}
          </p>
        )}
      </div>
      <div className="setting-control model-control">
        {downloading && progress?.totalBytes ? (
          <span className="small muted tabular">{percent(progress.doneBytes / progress.totalBytes, 0)}</span>
        ) : null}
        {downloading && (
          <Button
            small
            icon="stop"
            busy={asked}
            aria-label={`Stop the download of ${model.name}`}
            onClick={() => void act(() => request('DELETE', address))}
          >
            Stop
          </Button>
        )}
        {model.state === 'ready'
          ? model.removable && <RemoveModel model={model} onRemoved={changed} />
          : !downloading &&
            model.removable && (
              <Button
                small
                icon="download"
                busy={asked}
                aria-label={`Download ${model.name}`}
                onClick={() => void act(() => request('POST', `${address}/pull`, {}))}
              >
                Download
              </Button>
            )}
      </div>
    </div>
  );
}

function changed(): void {
  invalidate((path) => path === LIST || path === '/api/disk');
}

function State({ state }: { state: ModelView['state'] }): ReactNode {
  if (state === 'ready') return <Badge tone="good">on disk</Badge>;
  if (state === 'downloading') return <Badge tone="info">downloading</Badge>;
  if (state === 'damaged') return <Badge tone="bad">damaged</Badge>;
  return <Badge>not on disk</Badge>;
}
