import { splitIdentifier, unspacedParts } from '../store/keywords.js';
import { remembered } from './remembered.js';

const WORD = /[\p{L}\p{N}_$]+/gu;
/** Endings, longest first: `serialization`, `serializers` and `serialize` meet. */
const ENDINGS = [
  'izations',
  'ization',
  'izers',
  'izer',
  'izing',
  'ized',
  'izes',
  'ize',
  'ations',
  'ation',
  'ators',
  'ator',
  'ating',
  'ated',
  'ates',
  'ate',
  'ings',
  'ing',
  'ions',
  'ion',
  'ments',
  'ment',
  'able',
  'ers',
  'ors',
  'ies',
  'er',
  'or',
  'ed',
  'es',
  's',
  'y',
];
/** What an ending must leave. */
const MIN_STEM = 3;
/** Two words of which one begins with the other are of one family from this length on: `config`, `configuration`. */
const MIN_FAMILY = 4;

/** Words that any sentence is made of. */
const SENTENCE_WORDS =
  'a an the of to for in on is are be by with and or if it its this that from as at not into which when can will given ' +
  'return returns where how what does do';
/** And those that a question about code is made of, whatever it is about. */
const QUESTION_WORDS =
  'i we you my our there their them they was were has have had get find show me code function method class file ' +
  'implementation implemented defined handled done work works used use';
const FILLER = new Set(`${SENTENCE_WORDS} ${QUESTION_WORDS}`.split(' ').map(stem));
const FILLER_FORMS = new Set(SENTENCE_WORDS.split(' ').map(form));

/** A word without its ending; words of one family have the same stem, mostly. */
export function stem(word: string): string {
  for (const ending of ENDINGS) {
    if (word.endsWith(ending) && word.length - ending.length >= MIN_STEM) {
      const rest = word.slice(0, -ending.length);
      // `running`, `dropped`
      return /([bdfgklmnprt])\1$/.test(rest) ? rest.slice(0, -1) : rest;
    }
  }
  return word.length > 4 ? word.replace(/e+$/, '') : word;
}

/**
 * A word without the endings that its forms differ in: `parses`, `parsed` and `parsing` meet, `parser` is another. A
 * sentence that describes a piece of code says its name nearly as it is.
 */
export function form(word: string): string {
  for (const ending of ['ing', 'ies', 'es', 'ed', 's']) {
    if (word.endsWith(ending) && word.length - ending.length >= MIN_STEM)
      return word.slice(0, -ending.length);
  }
  return word.length > 4 ? word.replace(/e+$/, '') : word;
}

/** The stems of a text's words, identifiers split, in order. */
export function stemsOf(text: string): string[] {
  return wordsOf(text, stem);
}

function wordsOf(text: string, without: (word: string) => string): string[] {
  return (text.match(WORD) ?? []).flatMap((word) => [
    ...splitIdentifier(word).map(without),
    ...unspacedParts(word),
  ]);
}

/** The forms of a query's words that say what it is about, each once; see {@link form}. */
export function askedForms(query: string): Set<string> {
  return new Set(wordsOf(query, form).filter((word) => !FILLER_FORMS.has(word)));
}

/** The stems of a query that say what it is about, each once. */
export function askedStems(query: string): Set<string> {
  const stems = new Set(stemsOf(query));
  const telling = new Set([...stems].filter((word) => !FILLER.has(word)));
  return telling.size > 0 ? telling : stems;
}

/** Whether two stems are of one word: equal, or one the beginning of the other. */
export function isRelated(one: string, other: string): boolean {
  if (one === other) return true;
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.length >= MIN_FAMILY && long.startsWith(short);
}

/** As {@link stemsOf}, for names, which are asked again and again. */
export const stemsOfName: (name: string) => readonly string[] = remembered(stemsOf);

/** The forms of a name's words; see {@link form}. */
export const formsOfName: (name: string) => readonly string[] = remembered((name) => wordsOf(name, form));
