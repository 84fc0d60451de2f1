import type { LineSpan } from './code-structure.js';

interface IndexedSpan extends LineSpan {
  startIndex: number;
  endIndex: number;
}

/** The lines of a text, and which of them hold only comments or decorators and so belong to what follows. */
export class LineMap {
  /** Lines without their ends, a carriage return included; index 0 is line 1. */
  readonly lines: string[];
  /** Comments that share their lines with nothing else. */
  readonly commentSpans: LineSpan[];
  readonly decorators: readonly IndexedSpan[];
  private readonly comments = new Map<number, IndexedSpan>();
  private readonly leads = new Map<number, LineSpan>();

  constructor(
    private readonly text: string,
    comments: readonly IndexedSpan[],
    decorators: readonly IndexedSpan[],
  ) {
    this.lines = text.split('\n');
    this.decorators = decorators;
    const whole = comments.filter((comment) => this.hasOwnLines(comment));
    this.commentSpans = whole.map(({ startLine, endLine }) => ({ startLine, endLine }));
    for (const comment of whole) {
      this.comments.set(comment.endLine, comment);
      this.leads.set(comment.endLine, comment);
    }
    for (const decorator of decorators)
      if (this.hasOwnLines(decorator)) this.leads.set(decorator.endLine, decorator);
  }

  isBlank(line: number): boolean {
    return (this.lines[line - 1] ?? '').trim() === '';
  }

  /**
   * The first line of the comments and decorators that lead to a declaration or statement
   * at `line`; `line` without any.
   */
  leadLine(line: number): number {
    let first = line;
    for (let above = this.leads.get(first - 1); above !== undefined; above = this.leads.get(first - 1)) {
      first = above.startLine;
    }
    return this.sectionComment(first) ?? first;
  }

  /** The text of the comment right above `line`: the last block, or the run of line comments. */
  leadComment(line: number): string | null {
    let first = line;
    let last: IndexedSpan | undefined;
    for (
      let above = this.leads.get(first - 1);
      above !== undefined && !this.comments.has(first - 1);
      above = this.leads.get(first - 1)
    ) {
      first = above.startLine;
    }
    let start: number | null = null;
    for (
      let above = this.comments.get(first - 1);
      above !== undefined;
      above = this.comments.get(first - 1)
    ) {
      if (last !== undefined && above.startLine !== above.endLine) break;
      last ??= above;
      start = above.startIndex;
      first = above.startLine;
      if (above.startLine !== above.endLine) break;
    }
    return last === undefined || start === null ? null : this.text.slice(start, last.endIndex);
  }

  // A comment between two blank lines heads what follows it, except at the top of the file, where it is about the file.
  private sectionComment(line: number): number | null {
    if (line < 3 || !this.isBlank(line - 1)) return null;
    let first = line - 1;
    for (
      let above = this.comments.get(first - 1);
      above !== undefined;
      above = this.comments.get(first - 1)
    ) {
      first = above.startLine;
    }
    return first < line - 1 && first > 1 && this.isBlank(first - 1) ? first : null;
  }

  private hasOwnLines(span: IndexedSpan): boolean {
    const lineStart = this.text.lastIndexOf('\n', span.startIndex - 1) + 1;
    const lineEnd = this.text.indexOf('\n', span.endIndex);
    const before = this.text.slice(lineStart, span.startIndex);
    const after = this.text.slice(span.endIndex, lineEnd === -1 ? undefined : lineEnd);
    return before.trim() === '' && after.trim() === '';
  }
}
