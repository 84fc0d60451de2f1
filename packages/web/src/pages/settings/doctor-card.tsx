import type { ReactNode } from 'react';
import { useResource } from '../../api/resource.js';
import type { DoctorReport } from '../../api/types.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Button, Dot, Skeleton } from '../../design/parts.js';
import { Words } from '../../design/words.js';

const TONES = { ok: 'good', warn: 'warn', fail: 'bad' } as const;
const SAID = { ok: 'fine', warn: 'look at this', fail: 'broken' } as const;

/** What `gardener doctor` says about this machine. */
export function DoctorCard(): ReactNode {
  const { data, error, loading, reload } = useResource<DoctorReport>('/api/doctor');
  return (
    <section className="card">
      <div className="card-head">
        <h2>Doctor</h2>
        <Button small icon="refresh" busy={loading && data !== undefined} onClick={reload}>
          Check again
        </Button>
      </div>
      {error && (
        <div className="card-body">
          <ErrorNotice error={error} onRetry={reload} />
        </div>
      )}
      {!data && !error && (
        <div className="card-body">
          <Skeleton lines={5} />
        </div>
      )}
      <ul className="checks">
        {data?.checks.map(({ name, state, detail, remedy }) => (
          <li key={name}>
            <Dot tone={TONES[state]} />
            <span className="visually-hidden">{SAID[state]}:</span>
            <strong>{name}</strong>
            <span className="muted check-detail">
              <Words text={detail} />
              {remedy && (
                <span className="check-remedy">
                  <Words text={remedy} />
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
