import type { ReactNode } from 'react';
import type { RunView } from '../../api/types.js';
import { Badge } from '../../design/parts.js';
import { count, duration, moment } from '../../format.js';
import { outcomeOf, runWords } from './run-words.js';

/** All runs, newest first; the one that is selected is shown above the list. */
export function RunHistory({
  runs,
  shown,
  onShow,
}: {
  runs: readonly RunView[];
  shown: string | null;
  onShow: (run: string) => void;
}): ReactNode {
  return (
    <section className="card">
      <div className="card-head">
        <h2>History</h2>
        <span className="small muted tabular">{count(runs.length)}</span>
      </div>
      <div className="table-scroll">
        <table className="table history">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">State</th>
              <th scope="col">Outcome</th>
              <th scope="col" className="number">
                Validation loss
              </th>
              <th scope="col" className="number history-budget">
                Budget
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => {
              const { label, tone, busy } = runWords(run);
              return (
                <tr key={run.id} aria-current={run.id === shown || undefined}>
                  <td>
                    <button type="button" className="link" onClick={() => onShow(run.id)}>
                      {run.kind === 'index' ? 'Index' : 'Training'}, {moment(run.createdAt)}
                    </button>
                  </td>
                  <td>
                    <Badge tone={tone} dot busy={busy}>
                      {label}
                    </Badge>
                  </td>
                  <td className="history-outcome">{outcomeOf(run)}</td>
                  <td className="number">{run.validationLoss?.toFixed(3) ?? '–'}</td>
                  <td className="number history-budget">
                    {run.budgetMs === null ? '–' : duration(run.budgetMs)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
