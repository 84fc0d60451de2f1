import type { ReactNode } from 'react';
import type { FleetRow } from '../../api/types.js';
import { Badge } from '../../design/parts.js';
import { count } from '../../format.js';
import { projectHref } from '../../route.js';
import { Link } from '../../router.js';
import { bitsWords, runDetail, runState, verdictState } from './fleet-words.js';

/** A row a project; its name leads to its overview, its run to its training. */
export function FleetTable({ rows }: { rows: readonly FleetRow[] }): ReactNode {
  return (
    <section className="table-scroll" tabIndex={0} aria-label="Projects">
      <table className="table fleet">
        <thead>
          <tr>
            <th scope="col">Project</th>
            <th scope="col" className="number">
              Files
            </th>
            <th scope="col">Run</th>
            <th scope="col">Adapter</th>
            <th scope="col" className="number">
              Bits per byte, held-out code
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.project.id} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ row }: { row: FleetRow }): ReactNode {
  const { project, index, run, adapter, bitsPerByte } = row;
  const state = runState(row);
  const detail = runDetail(row);
  const verdict = verdictState(row);
  return (
    <tr>
      <td className="fleet-project">
        <Link className="link truncate" href={projectHref(project.name)}>
          {project.name}
        </Link>
        <span className="small muted truncate-start" title={project.path}>
          <span>{project.path}</span>
        </span>
        {project.isAway && <Badge tone="warn">Folder not there</Badge>}
      </td>
      <td className="number">
        {index.state === 'none' ? '–' : count(index.files)}
        {index.state === 'building' && <span className="small muted fleet-line">growing</span>}
        {index.state === 'damaged' && <span className="small fleet-line field-error">damaged</span>}
      </td>
      <td className="fleet-run">
        {run === null ? (
          <span className="muted">{state.label}</span>
        ) : (
          <Link href={projectHref(project.name, 'training')} className="fleet-state">
            <Badge tone={state.tone} dot busy={state.busy}>
              {state.label}
            </Badge>
          </Link>
        )}
        {detail !== null && <span className="small muted fleet-line">{detail}</span>}
      </td>
      <td>
        {adapter.version === null || verdict === null ? (
          <span className="muted">–</span>
        ) : (
          <span className="row">
            <span className="tabular">{adapter.version}</span>
            <Badge tone={verdict.tone}>{verdict.label}</Badge>
          </span>
        )}
      </td>
      <td className="number">{bitsPerByte === null ? '–' : bitsWords(bitsPerByte)}</td>
    </tr>
  );
}
