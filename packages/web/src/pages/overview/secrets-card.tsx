import type { ReactNode } from 'react';
import { projectPath } from '../../api/projects.js';
import { useResource } from '../../api/resource.js';
import type { SecretList } from '../../api/types.js';
import { Badge, Skeleton } from '../../design/parts.js';
import { plural, words } from '../../format.js';

/** Where secrets were masked; never what they are. */
export function SecretsCard({ projectId, isIndexed }: { projectId: string; isIndexed: boolean }): ReactNode {
  const { data, error } = useResource<SecretList>(projectPath(projectId, '/secrets'));
  const places = data?.files.reduce((sum, file) => sum + file.places.length, 0) ?? 0;
  return (
    <section className="card">
      <div className="card-head">
        <h2>Secrets</h2>
        {data && (
          <Badge tone={places > 0 ? 'warn' : 'plain'}>
            {places > 0 ? `${places} masked` : isIndexed ? 'none found' : 'not looked yet'}
          </Badge>
        )}
      </div>
      <div className="card-body stack">
        {error && <p className="muted small">{error.message}</p>}
        {!data && !error && <Skeleton lines={2} />}
        {data && (
          <p className="small muted">
            {places > 0
              ? `What looks like a key or a token was masked in ${plural(data.files.length, 'file')}, before anything was indexed or trained on.`
              : 'Keys and tokens would be masked before anything is indexed or trained on.'}
          </p>
        )}
        {data && places > 0 && (
          <details className="secrets">
            <summary className="small">Where</summary>
            <ul>
              {data.files.map(({ path, places: found }) => (
                <li key={path} className="small">
                  <span className="mono small break">{path}</span>{' '}
                  <span className="muted">
                    {found
                      .map(({ line, rule }) =>
                        line === null ? words(rule) : `line ${line} (${words(rule)})`,
                      )
                      .join(', ')}
                  </span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </section>
  );
}
