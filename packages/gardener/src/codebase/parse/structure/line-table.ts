import { countBefore } from './sorted.js';

/** Where the lines of a text begin, to find the line of an offset without asking the parser. */
export class LineTable {
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) {
      this.starts.push(end + 1);
    }
  }

  /** The line, from 1, that the character at an offset stands on. */
  lineAt(index: number): number {
    return countBefore(this.starts, (start) => start <= index);
  }
}
