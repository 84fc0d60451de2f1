import { createPalette, type Palette, wantsColor } from '../terminal/palette.js';
import { ProgressLine } from '../terminal/progress.js';

/**
 * Where a command writes. Results go to stdout; notes and progress to stderr. With `--json` the human lines are left
 * out and `value` writes the one JSON value.
 */
export class Output {
  #isSilent = false;
  /** Styles for stdout. */
  readonly palette: Palette;
  /** Styles for stderr. */
  readonly notePalette: Palette;

  constructor(
    readonly isJson: boolean,
    colorAllowed: boolean,
    readonly stdout: NodeJS.WriteStream = process.stdout,
    readonly stderr: NodeJS.WriteStream = process.stderr,
  ) {
    this.palette = createPalette(wantsColor(stdout, colorAllowed));
    this.notePalette = createPalette(wantsColor(stderr, colorAllowed));
  }

  /** From now on nothing more goes to stdout. */
  silence(): void {
    this.#isSilent = true;
  }

  /** A line for people on stdout; nothing with `--json`. */
  line(text = ''): void {
    this.text(`${text}\n`);
  }

  lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** Text without a line end on stdout, as an answer streams in; nothing with `--json`. */
  text(text: string): void {
    if (!this.isJson && !this.#isSilent) this.stdout.write(text);
  }

  /** A line on stderr, with and without `--json`. */
  note(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  /** The two lines of a failure on stderr. */
  failure({ message, remedy }: { message: string; remedy: string }): void {
    this.note(`${this.notePalette.bad('error:')} ${message}`);
    this.note(`${this.notePalette.accent('try:')} ${remedy}`);
  }

  /** The command's one JSON value on stdout; nothing without `--json`. */
  value(value: unknown): void {
    if (this.isJson && !this.#isSilent) this.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** A new progress line on stderr. */
  progress(): ProgressLine {
    return new ProgressLine(this.stderr, this.notePalette);
  }
}
