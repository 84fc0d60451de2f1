import { memo, type ReactNode, useEffect, useRef } from 'react';
import { useHighlighted } from './highlight.js';

interface CodeLinesProps {
  text: string;
  language: string | null;
  /** Number of the first line; without it lines are not numbered. */
  from?: number;
  /** Lines to mark, both ends included. */
  marked?: { from: number; to: number } | null;
  label?: string;
  /** Bring the marked lines into sight. */
  reveal?: boolean;
  /** The code is part of a control, so the keyboard does not stop at it separately. */
  inert?: boolean;
}

/** Code in colours, as text: nothing of it is ever read as HTML. */
export const CodeLines = memo(function CodeLines({
  text,
  language,
  from,
  marked,
  label,
  reveal,
  inert,
}: CodeLinesProps): ReactNode {
  const lines = useHighlighted(text, language);
  const root = useRef<HTMLPreElement>(null);
  const markedFrom = marked?.from;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other lines are another place to show
  useEffect(() => {
    if (!reveal) return;
    const first = root.current?.querySelector<HTMLElement>('[data-marked]');
    if (!root.current || !first) return;
    const box = scrollParent(root.current);
    box.scrollTop +=
      first.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 5;
  }, [reveal, markedFrom, text]);
  return (
    <pre
      ref={root}
      className={from === undefined ? 'code' : 'code code-numbered'}
      tabIndex={inert ? undefined : 0}
      {...(label !== undefined && { role: 'group', 'aria-label': label })}
    >
      {lines.map((pieces, index) => {
        const number = (from ?? 1) + index;
        const isMarked = marked && number >= marked.from && number <= marked.to;
        return (
          <span
            key={index}
            className="code-line"
            data-marked={isMarked || undefined}
            data-line={from === undefined ? undefined : number}
          >
            {pieces.map((piece, place) => (
              <span key={place} className={piece.className ?? undefined}>
                {piece.text}
              </span>
            ))}
            {'\n'}
          </span>
        );
      })}
    </pre>
  );
});

function scrollParent(element: HTMLElement): HTMLElement {
  for (let box = element; box.parentElement; box = box.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight)
      return box;
  }
  return document.documentElement;
}
