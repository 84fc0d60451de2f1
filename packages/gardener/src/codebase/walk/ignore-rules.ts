import ignore, { type Ignore } from 'ignore';

// git's own core.ignorecase default: the file systems of macOS and Windows ignore case.
const OPTIONS = { ignorecase: process.platform !== 'linux' };

/**
 * The ignore files from the root of a walk down to one directory, as one list of rules in git's order: rules of a
 * deeper file come later and win, a file below an ignored directory stays ignored (https://git-scm.com/docs/gitignore).
 */
export class IgnoreRules {
  private constructor(
    private readonly matcher: Ignore | null,
    /** Whether some line begins with `!`. */
    readonly hasNegation: boolean,
  ) {}

  static readonly none = new IgnoreRules(null, false);

  /** These rules and those of an ignore file in `directory` (relative to the root; '' is the root). */
  with(directory: string, text: string): IgnoreRules {
    const matcher = ignore(OPTIONS);
    if (this.matcher) matcher.add(this.matcher);
    let { hasNegation } = this;
    for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
      const pattern = fromRoot(directory, line);
      // As objects: a string is split at line ends, which directory names may contain.
      if (pattern !== null) matcher.add({ pattern });
      hasNegation ||= pattern?.startsWith('!') === true;
    }
    return new IgnoreRules(matcher, hasNegation);
  }

  /** Whether the file (or the directory, with a trailing slash) at this relative path is ignored. */
  ignores(path: string): boolean {
    return this.matcher?.ignores(path) ?? false;
  }

  /** Whether a `!` line names this file, or a folder that it is in, and no later line takes that back. */
  wants(path: string): boolean {
    if (!this.hasNegation || this.matcher === null) return false;
    let wanted = false;
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const { ignored, unignored } = this.matcher.test(end === -1 ? path : path.slice(0, end + 1));
      if (ignored || unignored) wanted = unignored;
      if (end === -1) return wanted;
    }
  }
}

/** A pattern of an ignore file in `directory`, rewritten so that it means the same in the root's ignore file. */
function fromRoot(directory: string, line: string): string | null {
  if (line.trim() === '' || line.startsWith('#')) return null;
  if (directory === '') return line;
  const negated = line.startsWith('!');
  const body = negated ? line.slice(1) : line;
  const anchored = body.trimEnd().slice(0, -1).includes('/');
  const prefix = `/${directory.replace(/[\\*?[\]!# ]/g, '\\$&')}/`;
  return `${negated ? '!' : ''}${prefix}${anchored ? body.replace(/^\//, '') : `**/${body}`}`;
}
