import { type ReactNode, useEffect, useRef } from 'react';
import type { SearchResult } from '../../api/types.js';
import { CodeLines } from '../../code/code-lines.js';
import { placeLabel } from '../../code/source-panel.js';
import { Badge } from '../../design/parts.js';
import { reasons } from './reasons.js';

const SNIPPET_LINES = 4;
const SHOWN_REASONS = 2;

/** What was found, best first. The arrow keys of the field above choose. */
export function Results({
  results,
  at,
  onPick,
}: {
  results: readonly SearchResult[];
  at: number;
  onPick: (index: number) => void;
}): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // In newer browsers this returns a promise, which must not be returned as the effect's clean-up function.
    void list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <ul ref={list} className="results" aria-label="Results">
      {results.map((result, index) => (
        <li key={placeLabel(result)}>
          <button
            type="button"
            className="result"
            aria-current={index === at || undefined}
            onClick={() => onPick(index)}
          >
            <span className="row spread">
              <strong className="truncate mono">{result.symbol ?? lastName(result.path)}</strong>
              <span className="row result-tags">
                <How result={result} />
                <Badge>{result.kind}</Badge>
              </span>
            </span>
            <span className="small muted mono truncate-start">
              <span>{placeLabel(result)}</span>
            </span>
            <Snippet result={result} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Snippet({ result }: { result: SearchResult }): ReactNode {
  const first = result.best.startLine - result.startLine;
  const lines = result.text
    .split('\n')
    .slice(first)
    .filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  const text = lines
    .slice(0, SNIPPET_LINES)
    .map((line) => line.slice(indent))
    .join('\n');
  return (
    <span className="snippet" aria-hidden="true">
      <CodeLines text={text} language={result.language} inert />
    </span>
  );
}

/** Why it was found: by what it declares, its path, words of its text, or its meaning. */
function How({ result: { why } }: { result: SearchResult }): ReactNode {
  const all = reasons(why);
  if (all.length === 0) return null;
  return (
    <span className="small muted truncate" title={all.join('\n')}>
      {all.slice(0, SHOWN_REASONS).join(' · ')}
    </span>
  );
}

function lastName(path: string): string {
  return path.split('/').at(-1) ?? path;
}
