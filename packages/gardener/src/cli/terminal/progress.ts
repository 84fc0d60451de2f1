import type { Palette } from './palette.js';
import { oneLine, truncate } from './plain-text.js';

const REDRAW_MS = 80;
const PLAIN_LINE_MS = 5_000;
/** A line that says nothing new is repeated this rarely, as a sign of life. */
const PLAIN_REPEAT_MS = 60_000;
const BAR_COLUMNS = 24;
const CLEAR_LINE = '\r\u001b[2K';

/** What a progress line shows. */
export interface ProgressState {
  /** What is being done, e.g. `training`. A change of label ends the old line and begins a new one. */
  label: string;
  /** Units done and in all; without `total` no bar is drawn. */
  done?: number;
  total?: number | null;
  /** Already formatted facts, e.g. `step 12/80 · loss 1.42`. */
  detail?: string;
}

interface ProgressStream {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

/**
 * One line of progress: rewritten in place on a terminal, else plain lines (each new label at once, then at most one
 * every five seconds), so that a log file stays readable.
 */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #palette: Palette;
  readonly #now: () => number;
  #lastDrawMs = Number.NEGATIVE_INFINITY;
  #label: string | null = null;
  #lastLine = '';
  #lastWriteMs = Number.NEGATIVE_INFINITY;
  #pending: ProgressState | null = null;

  constructor(stream: ProgressStream, palette: Palette, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#palette = palette;
    this.#now = now;
  }

  /** Shows `state`, now or at the next moment when drawing is due. */
  update(state: ProgressState): void {
    const isNewLabel = state.label !== this.#label;
    if (isNewLabel) this.#flush();
    this.#pending = state;
    this.#label = state.label;
    const waitMs = this.#stream.isTTY ? REDRAW_MS : PLAIN_LINE_MS;
    if (isNewLabel || this.#now() - this.#lastDrawMs >= waitMs) this.#draw();
  }

  /** Prints a lasting line above the progress line. */
  log(text: string): void {
    this.#stream.write(this.#stream.isTTY ? `${CLEAR_LINE}${text}\n` : `${text}\n`);
    if (this.#stream.isTTY && this.#pending !== null) this.#draw();
  }

  /** Takes the progress line away; `text`, when given, stays in its place. */
  finish(text?: string): void {
    if (this.#stream.isTTY && this.#label !== null) this.#stream.write(CLEAR_LINE);
    if (text !== undefined) this.#stream.write(`${text}\n`);
    this.#pending = null;
    this.#label = null;
    this.#lastDrawMs = Number.NEGATIVE_INFINITY;
  }

  #draw(): void {
    if (this.#pending === null) return;
    this.#lastDrawMs = this.#now();
    const line = this.#render(this.#pending);
    if (this.#stream.isTTY) {
      this.#stream.write(CLEAR_LINE + truncate(line, Math.max(20, (this.#stream.columns ?? 80) - 1)));
    } else if (line !== this.#lastLine || this.#now() - this.#lastWriteMs >= PLAIN_REPEAT_MS) {
      this.#stream.write(`${line}\n`);
      this.#lastLine = line;
      this.#lastWriteMs = this.#now();
    }
  }

  // The last state of a stage would be lost between two redraws; on a terminal it is simply overwritten.
  #flush(): void {
    if (this.#stream.isTTY && this.#label !== null) this.#stream.write(CLEAR_LINE);
  }

  #render({ label, done, total, detail }: ProgressState): string {
    const parts = [oneLine(label)];
    if (done !== undefined && total) {
      const share = Math.min(1, Math.max(0, done / total));
      if (this.#stream.isTTY) parts.push(this.#bar(share));
      parts.push(`${Math.floor(share * 100)} %`.padStart(5));
    }
    if (detail) parts.push(this.#palette.quiet(oneLine(detail)));
    return parts.join('  ');
  }

  #bar(share: number): string {
    const filled = Math.round(share * BAR_COLUMNS);
    return this.#palette.good('━'.repeat(filled)) + this.#palette.quiet('━'.repeat(BAR_COLUMNS - filled));
  }
}
