import { type ReactNode, useEffect, useRef } from 'react';
import type { SearchResult } from '../../api/types.js';
import { CodeLines } from '../../code/code-lines.js';
import { placeLabel } from '../../code/source-panel.js';
import { Badge } from '../../design/parts.js';
import { plural } from '../../format.js';
import type { FileResults } from './group-results.js';
import { reasons } from './reasons.js';

const SNIPPET_LINES = 4;
const SHOWN_REASONS = 2;

/** What was found, by file, best first. The arrow keys of the field above choose. */
export function Results({
  files,
  at,
  onPick,
}: {
  files: readonly FileResults[];
  at: number;
  onPick: (index: number) => void;
}): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another choice is what is to be seen
  useEffect(() => {
    // In newer browsers this returns a promise, which must not be returned as the effect's clean-up function.
    void list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <ul ref={list} className="results" aria-label="Results">
      {files.map(({ path, first, results }) => (
        <li key={path}>
          <h2 className="result-file small muted mono row spread" title={path}>
            <span className="truncate-start">
              <span>{path}</span>
            </span>
            {results.length > 1 && <Badge>{plural(results.length, 'place')}</Badge>}
          </h2>
          <ul aria-label={path}>
            {results.map((result, n) => (
              <li key={placeLabel(result)}>
                <Result result={result} isChosen={first + n === at} onPick={() => onPick(first + n)} />
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

function Result({
  result,
  isChosen,
  onPick,
}: {
  result: SearchResult;
  isChosen: boolean;
  onPick: () => void;
}): ReactNode {
  const { symbol, startLine, endLine } = result;
  return (
    <button type="button" className="result" aria-current={isChosen || undefined} onClick={onPick}>
      <span className="row spread">
        <strong className="truncate mono">{symbol ?? lastName(result.path)}</strong>
        <span className="row result-tags">
          <How result={result} />
          <Badge>{result.kind}</Badge>
        </span>
      </span>
      <span className="small muted">
        {startLine === endLine ? `line ${startLine}` : `lines ${startLine} to ${endLine}`}
      </span>
      <Snippet result={result} />
    </button>
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
