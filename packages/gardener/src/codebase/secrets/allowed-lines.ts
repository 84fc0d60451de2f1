// gitleaks' own words count too, since a codebase may have them already.
const MARK = /\b(?:gardener:allow-secret|gitleaks:allow)\b/;
const COMMENT_ONLY = /^\s*(?:\/\/|\/\*|#|--|<!--|;|%|\*|"""|'''|rem\b)/i;

/**
 * Whether a comment on the line of an offset, or alone on the line above it, says that what stands there is no
 * secret.
 */
export function allowsSecrets(text: string): (at: number) => boolean {
  if (!MARK.test(text)) return () => false;
  return (at) => {
    const start = text.lastIndexOf('\n', at - 1) + 1;
    if (MARK.test(lineFrom(text, start))) return true;
    if (start === 0) return false;
    const above = lineFrom(text, text.lastIndexOf('\n', start - 2) + 1);
    return COMMENT_ONLY.test(above) && MARK.test(above);
  };
}

function lineFrom(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end === -1 ? text.length : end);
}
