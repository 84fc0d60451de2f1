import type { LineSpan, StatementSpan } from './code-structure.js';
import type { LineMap } from './line-map.js';
import { popWhile } from './sorted.js';

/** Statements as a tree of line ranges: equal ranges once, comments and decorators counted to what follows them. */
export function nestStatements(spans: readonly LineSpan[], lines: LineMap): StatementSpan[] {
  const ownLines = new Set(lines.commentSpans.map(({ startLine, endLine }) => `${startLine}-${endLine}`));
  const decorators = new Set(lines.decorators.map(({ startLine, endLine }) => `${startLine}-${endLine}`));
  const sorted = spans
    .filter(({ startLine, endLine }) => {
      const key = `${startLine}-${endLine}`;
      return !ownLines.has(key) && !decorators.has(key);
    })
    .sort((a, b) => a.startLine - b.startLine || b.endLine - a.endLine);
  const top: StatementSpan[] = [];
  const open: StatementSpan[] = [];
  for (const { startLine, endLine } of sorted) {
    popWhile(open, (last) => startLine > last.endLine);
    const parent = open.at(-1);
    // On one line no cut is possible between them.
    if (parent !== undefined && parent.startLine === startLine && parent.endLine === endLine) continue;
    const span = { startLine, endLine, leadLine: lines.leadLine(startLine), children: [] };
    // Two that share a line in part (`} else {`) are neighbours.
    popWhile(open, (last) => endLine > last.endLine);
    (open.at(-1)?.children ?? top).push(span);
    open.push(span);
  }
  return top;
}
