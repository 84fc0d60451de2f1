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
/** What sentences about a piece of code begin with: "Parses HTTP headers", "Return default settings". */
const VERB_FIRST = new RegExp(
  `^\\s*(?:${[
    'return get set check create convert parse add remove load read write build make compute calculate find call run start',
    'stop open close send receive register wrap apply update delete insert append extract generate handle ensure raise',
    'initialize determine collect iterate yield map filter merge split join format encode decode render resolve validate',
    'test emit subscribe combine replace restore save store clear reset wait schedule execute implement provide define',
  ]
    .join(' ')
    .split(' ')
    .join('|')})(?:e?s)?\\b`,
  'i',
);
const MIN_WORDS = 4;

/** Which kind a query is of. */
export function kindOfQuery(query: string): QueryKind {
  if (CHARACTERS.test(query)) return 'characters';
  if (QUESTION.test(query) || query.trim().split(/\s+/, MIN_WORDS).length < MIN_WORDS) return 'subject';
  return SENTENCE_WORDS.test(query) || VERB_FIRST.test(query) ? 'description' : 'subject';
}
