import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import type { RunEvent } from '../../api/types.js';
import { Icon } from '../../design/icons.js';
import { logLine } from './run-curve.js';

const SHOWN = 500;

/** The log of a run, newest line last. */
export function RunLog({
  events,
  open,
}: {
  events: readonly RunEvent[] | undefined;
  open: boolean;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => (events ?? []).flatMap((event) => logLine(event) ?? []).length, [events]);
  const shown = useMemo(
    () =>
      (events ?? [])
        .map((event) => ({ time: event.time, text: logLine(event) }))
        .filter(({ text }) => text !== null)
        .slice(-SHOWN),
    [events],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is shown, unless the reader has gone up
  useEffect(() => {
    const element = box.current;
    if (element && element.scrollHeight - element.scrollTop - element.clientHeight < 80)
      element.scrollTop = element.scrollHeight;
  }, [lines]);
  return (
    <details className="run-log" open={open}>
      <summary className="small">
        <Icon name="chevronRight" />
        Log <span className="faint tabular">{lines}</span>
      </summary>
      <div ref={box} className="log-lines" tabIndex={0} role="log" aria-label="Log of the run">
        {shown.map(({ time, text }, index) => (
          <div key={index} className="log-line small">
            <time className="faint tabular mono" dateTime={time}>
              {new Date(time).toLocaleTimeString('en-GB')}
            </time>
            <span>{text}</span>
          </div>
        ))}
      </div>
    </details>
  );
}
