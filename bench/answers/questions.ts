import { splitIdentifier } from '../../packages/gardener/src/retrieval/store/keywords.js';
import type { Codebase } from '../inputs/codebases.js';
import { shuffled } from '../questions/docstring-queries.js';
import type { Fact } from './facts.js';

/** A question whose answer stands on a known line. */
export interface FactQuestion {
  text: string;
  kind: Fact['kind'];
  /** Whether it spells the names of the code or says their words. */
  wording: 'names' | 'words';
  /** Any of these lines answers. */
  answers: { path: string; line: number }[];
}

type Asked = Record<FactQuestion['wording'], readonly string[]>;

/**
 * How each kind is asked: `{name}` is the qualified name or its words, `{detail}` the parameter, option or variable,
 * `{file}` the words of the file's name. Codebases that report are asked in other sentences than those that tune. An
 * environment variable is asked for by the function that reads it, or it is spelled.
 */
const SENTENCES: Record<Codebase['use'], Record<Fact['kind'], Asked>> = {
  tuning: {
    default: {
      names: ['What is the default of `{detail}` in `{name}`?', '{name}: what does {detail} default to?'],
      words: ['What does {detail} default to in {name}?', 'What is the default {detail} for {name}?'],
    },
    constant: {
      names: ['What is the value of `{name}`?', 'What is {name} set to?'],
      words: ['What is the {name}?', 'Which value does {name} have?'],
    },
    environment: {
      names: [
        'Which environment variable does `{name}` read?',
        'Where is {detail} read from the environment?',
      ],
      words: ['Which environment variable is used for {name}?', 'What environment variable controls {name}?'],
    },
    exception: {
      names: ['Which exception does `{name}` raise?', 'What does {name} raise when it fails?'],
      words: ['What error can {name} raise?', 'Which exception is raised by {name}?'],
    },
    'return type': {
      names: ['What does `{name}` return?', 'What is the return type of {name}?'],
      words: ['What type does {name} return?', 'What do I get back from {name}?'],
    },
  },
  report: {
    default: {
      names: [
        'If I call {name} without {detail}, which value is taken?',
        "Is there a default for {name}'s {detail}, and what is it?",
      ],
      words: [
        'When {detail} is left out, what does {name} assume?',
        'How is {detail} preset when calling {name}?',
      ],
    },
    constant: {
      names: ['{name} = ?', 'Which number or text stands behind {name}?'],
      words: ['Tell me the {name} used here', 'How large or what is {name} in {file}?'],
    },
    environment: {
      names: ['Does {name} look at any env var?', 'What happens with the env var {detail}?'],
      words: ['Can I change {name} with an env variable?', 'Name the variable of the environment for {name}'],
    },
    exception: {
      names: ['How does {name} fail?', 'What do I have to catch around {name}?'],
      words: ['What is thrown if {name} goes wrong?', 'Error type of {name}?'],
    },
    'return type': {
      names: ['Type of the result of {name}?', 'What kind of object does {name}() give me?'],
      words: ['What comes out of {name}?', 'Result type of {name}?'],
    },
  },
};

/** Fewer words than this name nothing in particular. */
const FEWEST_WORDS = 2;

/**
 * Up to `limit` questions of each kind, drawn with a fixed seed, wordings and sentences taking turns. Facts that one
 * sentence asks for alike are answers of one question.
 */
export function questionsAbout(facts: readonly Fact[], use: Codebase['use'], limit: number): FactQuestion[] {
  const questions: FactQuestion[] = [];
  for (const kind of Object.keys(SENTENCES[use]) as Fact['kind'][]) {
    const ofKind = facts.filter((fact) => fact.kind === kind);
    const texts = (fact: Fact, wording: FactQuestion['wording']) =>
      SENTENCES[use][kind][wording].map((sentence) => filledIn(sentence, fact, wording));
    const asked = new Set<string>();
    let drawn = 0;
    for (const [place, fact] of shuffled(ofKind).entries()) {
      if (drawn === limit) break;
      const wording = place % 2 === 0 ? 'names' : 'words';
      const choices = texts(fact, wording);
      const turn = (place >> 1) % choices.length;
      const text = choices[turn] ?? choices[1 - turn];
      if (typeof text !== 'string' || asked.has(text)) continue;
      asked.add(text);
      drawn += 1;
      const meant = ofKind.filter((other) => texts(other, wording).includes(text));
      const answers = meant.flatMap(({ path, lines }) => lines.map((line) => ({ path, line })));
      questions.push({ text, kind, wording, answers });
    }
  }
  return questions;
}

/** The sentence about a fact; null where that has too few words for it. */
function filledIn(sentence: string, fact: Fact, wording: FactQuestion['wording']): string | null {
  const { path, detail } = fact;
  const spelled = wording === 'names';
  const name = spelled ? qualifiedName(fact) : nameInWords(fact);
  const told = { name, detail: spelled ? detail : inWords(detail ?? ''), file: inWords(stemOf(path)) };
  for (const key of ['name', 'detail', 'file'] as const) {
    if (!sentence.includes(`{${key}}`)) continue;
    if (!told[key]) return null;
    sentence = sentence.replaceAll(`{${key}}`, told[key]);
  }
  return sentence;
}

function qualifiedName({ owner, name, kind }: Fact): string {
  // Nobody says a constructor's own name.
  if (name === '__init__') return owner ?? '';
  return owner === null || (kind === 'constant' && /^[A-Z_0-9]+$/.test(name)) ? name : `${owner}.${name}`;
}

function nameInWords({ owner, name }: Fact): string | null {
  const around = inWords(owner ?? '');
  const told = name === '__init__' ? `the ${around}` : inWords(name);
  const whole = around === '' || name === '__init__' ? told : `${told} of the ${around}`;
  return whole.split(' ').length >= FEWEST_WORDS && told !== '' ? whole : null;
}

const inWords = (name: string) => splitIdentifier(name).join(' ');

/** `http/cookies.py` gives `cookies`, `http/__init__.py` gives `http`. */
function stemOf(path: string): string {
  const parts = path.replace(/\.\w+$/, '').split('/');
  const last = parts.at(-1) ?? '';
  return /^(__init__|index)$/.test(last) ? (parts.at(-2) ?? last) : last;
}
