/** More answers than a large project has names and paths; all are forgotten when there are more. */
const MAX_KEPT = 50_000;
/** Longer texts are asked about once. */
const MAX_CHARACTERS = 300;

/**
 * A function of a text that remembers its answers: the same names and paths are candidates of one search after the
 * other.
 */
export function remembered<Answer>(work: (text: string) => Answer): (text: string) => Answer {
  const kept = new Map<string, Answer>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const answer = work(text);
    if (text.length > MAX_CHARACTERS) return answer;
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(text, answer);
    return answer;
  };
}
