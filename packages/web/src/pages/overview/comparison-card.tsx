import type { ReactNode } from 'react';
import { projectPath } from '../../api/projects.js';
import { useResource } from '../../api/resource.js';
import type { ComparedBase, Comparison, LastComparison } from '../../api/types.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { ago, bytes, count, duration, percent, plural } from '../../format.js';

type Figures = Pick<NonNullable<ComparedBase['figures']>, 'bitsPerByte' | 'nextLineExact' | 'gapsExact'>;

/** Which base model suits this code, by the last `gardener models compare`. Shows nothing before the first. */
export function ComparisonCard({ projectId }: { projectId: string }): ReactNode {
  const { data, error, reload } = useResource<LastComparison>(projectPath(projectId, '/comparison'));
  const comparison = data?.comparison;
  if (!comparison && !error) return null;
  return (
    <section className="card">
      <div className="card-head">
        <h2>Base models compared</h2>
        {comparison && <span className="small muted">{ago(comparison.madeAt)}</span>}
      </div>
      {error && (
        <div className="card-body">
          <ErrorNotice error={error} onRetry={reload} />
        </div>
      )}
      {comparison && <ComparisonTable comparison={comparison} />}
    </section>
  );
}

function ComparisonTable({ comparison }: { comparison: Comparison }): ReactNode {
  const { bases, bytes: size, files, gaps, heldOutFrom } = comparison;
  return (
    <>
      <div className="table-scroll">
        <table className="table scorecard">
          <thead>
            <tr>
              <th scope="col">Base model</th>
              {[
                'Bits per byte',
                'Exact next lines',
                'Gaps filled',
                'Answers',
                'Trains',
                'Memory to train',
                'One pass',
              ].map((title) => (
                <th scope="col" className="number" key={title}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bases.map((base) => (
              <BaseRows key={base.id} base={base} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="card-body small muted">
        On {bytes(size)} of {plural(files, 'file')}
        {gaps > 0 && ` and ${plural(gaps, 'gap')} in them`} that{' '}
        {heldOutFrom === 'training' ? 'the last training held out' : 'a training would hold out'}. Fewer bits
        are better. Again: <code>gardener models compare</code>.
      </p>
    </>
  );
}

function BaseRows({ base: { id, figures, problem } }: { base: ComparedBase }): ReactNode {
  const name = id.split(/[/\\]/).at(-1);
  if (figures === null) {
    return (
      <tr>
        <th scope="row" title={id}>
          {name}
        </th>
        <td colSpan={7} className="small faint">
          {problem}
        </td>
      </tr>
    );
  }
  const { answeringTokensPerSecond: answers, adapter } = figures;
  return (
    <>
      <tr>
        <th scope="row" title={id}>
          {name}
          {problem !== null && <span className="small faint">{problem}</span>}
        </th>
        <Prediction figures={figures} />
        <td className="number">{answers === null ? '' : `${count(Math.round(answers))} tokens/s`}</td>
        <td className="number">
          {figures.trainingSpeedFrom === 'scoring' && 'about '}
          {count(Math.round(figures.trainingTokensPerSecond))} tokens/s
        </td>
        <td className="number">{bytes(figures.trainingMemoryBytes)}</td>
        <td className="number">{duration(figures.passMs)}</td>
      </tr>
      {adapter && (
        <tr>
          <th scope="row">
            <span className="small faint">with adapter {adapter.version}</span>
          </th>
          <Prediction figures={adapter} />
          <td colSpan={4} />
        </tr>
      )}
    </>
  );
}

function Prediction({ figures: { bitsPerByte, nextLineExact, gapsExact } }: { figures: Figures }): ReactNode {
  return (
    <>
      <td className="number">{bitsPerByte.toFixed(3)}</td>
      <td className="number">{nextLineExact === null ? '' : percent(nextLineExact)}</td>
      <td className="number">{gapsExact == null ? '' : percent(gapsExact)}</td>
    </>
  );
}
