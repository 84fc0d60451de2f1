/**
 * What a query is like: `description` says in a sentence what one piece of code does ("Returns the first value that
 * matches a predicate"), and that piece is wanted; `subject` names something that files are about, in a phrase, a
 * question or a name ("connection pooling", "how are requests retried?", `ClientSession`); `characters` is written in
 * Chinese, Japanese or Korean, of which embedding models for English know nothing.
 */
export type QueryKind = 'subject' | 'description' | 'characters';

const CHARACTERS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

const QUESTION =
  /^\s*(?:how|where|what|which|why|when|who|whose|does|do|is|are|can|should|show|find|explain|list)\b|\?\s*$/i;
/** Phrases do without these; sentences hardly. */
const SENTENCE_WORDS = /\b(?:an?|the|this|that|these|it|its|if|whether|given|from which)\b/i;
const MIN_WORDS = 4;

/** Which kind a query is of. */
export function kindOfQuery(query: string): QueryKind {
  if (CHARACTERS.test(query)) return 'characters';
  if (QUESTION.test(query) || query.trim().split(/\s+/, MIN_WORDS).length < MIN_WORDS) return 'subject';
  return SENTENCE_WORDS.test(query) ? 'description' : 'subject';
}
