/** One line of the doctor's report. `warn` works, but slowly or not for long; `fail` does not work. */
export interface Check {
  /** What was looked at: `memory`, `index of shop`. */
  name: string;
  state: 'ok' | 'warn' | 'fail';
  /** What was found. May hold text from files and programs: whoever shows it cleans it. */
  detail: string;
  /** What to do; null when nothing is wrong. */
  remedy: string | null;
}

/** A check that found nothing wrong. */
export function ok(name: string, detail: string): Check {
  return { name, state: 'ok', detail, remedy: null };
}

/** A check that found something to know. */
export function warn(name: string, detail: string, remedy: string): Check {
  return { name, state: 'warn', detail, remedy };
}

/** A check that failed, from whatever was thrown: our own errors bring their remedy. */
export function failed(name: string, error: unknown): Check {
  const { message, remedy } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  return {
    name,
    state: 'fail',
    detail: typeof message === 'string' ? message : String(error),
    remedy: typeof remedy === 'string' ? remedy : 'Read logs/gardener.log in the data directory.',
  };
}
