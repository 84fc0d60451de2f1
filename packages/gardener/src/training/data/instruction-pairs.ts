import type { Chunk } from '../../codebase/chunk/chunk.js';
import { questionWithCode } from '../../prompt/build-prompt.js';
import { firstLines } from '../../prompt/chunk-block.js';
import type { InstructionPair } from './chat-example.js';

const KIND_NAMES: Readonly<Record<string, string>> = {
  function: 'function',
  method: 'method',
  class: 'class',
  interface: 'interface',
  type: 'type',
  enum: 'enum',
};
/** A docstring is cut after this many characters, at a sentence's end where there is one. */
const MAX_EXPLANATION_CHARS = 240;
const MIN_EXPLANATION_CHARS = 20;
/** So much of a chunk is given with a question that the row fits. */
const MAX_CODE_CHARS = 400;

/**
 * Questions about one chunk with their answers. Where something is, how it is called, and what it does are asked under
 * the code that tells, as chat asks them, so that what is learned is to answer from the code in sight: a place named
 * from memory is a place made up. The same question under other code has the answer that the code does not tell. What
 * something does is also asked without code; that is knowledge of the project that can be learned by heart.
 * Chunks without a symbol give none.
 * @param variant whole number; chooses wording and kind, so that the model learns the project and not one sentence
 * @param other a chunk that does not tell
 */
export function instructionPairs(chunk: Chunk, variant: number, other: Chunk | null): InstructionPair[] {
  const kind = KIND_NAMES[chunk.kind];
  if (chunk.symbol === null || kind === undefined) return [];
  const shown = shorten(chunk);
  const where = pick(variant, [
    `Where is \`${chunk.symbol}\` defined?`,
    `In which file is the ${kind} \`${chunk.symbol}\`?`,
    `Where do I find ${chunk.symbol}?`,
  ]);
  const pairs: InstructionPair[] = [
    {
      question: questionWithCode(where, [shown]),
      answer: `The ${kind} \`${chunk.symbol}\` is in \`${chunk.path}\`, from line ${chunk.startLine} on.`,
    },
  ];
  const explanation = explain(chunk.docstring);
  if (explanation !== null) {
    const what = pick(variant, [
      `What does \`${chunk.symbol}\` do?`,
      `Explain the ${kind} \`${chunk.symbol}\`.`,
      `What is ${chunk.symbol} for?`,
    ]);
    pairs.push(
      variant % 2 === 0
        ? { question: questionWithCode(what, [shown]), answer: `${explanation} See \`${chunk.path}\`.` }
        : { question: what, answer: explanation },
    );
  }
  const signature = chunk.signature?.trim();
  if (signature && signature.length <= 200 && (chunk.kind === 'function' || chunk.kind === 'method')) {
    const how = pick(variant, [
      `How is \`${chunk.symbol}\` called?`,
      `What is the signature of ${chunk.symbol}?`,
    ]);
    pairs.push({ question: questionWithCode(how, [shown]), answer: `\`${dedent(signature)}\`` });
  }
  if (other !== null && !other.text.includes(lastName(chunk.symbol)) && variant % 3 === 0) {
    pairs.push({
      question: questionWithCode(where, [shorten(other)]),
      answer: `The given code does not tell where \`${chunk.symbol}\` is.`,
    });
  }
  return pairs;
}

function lastName(symbol: string): string {
  return symbol.split(/[.#:]+/).at(-1) ?? symbol;
}

/** The first lines of a chunk, as many as a row has room for; one at least. */
function shorten(chunk: Chunk): Chunk {
  const lines = chunk.text.split('\n');
  let chars = 0;
  const fitting = lines.findIndex((line) => {
    chars += line.length + 1;
    return chars > MAX_CODE_CHARS;
  });
  return fitting < 0 ? chunk : firstLines(chunk, Math.max(1, fitting));
}

function pick(variant: number, wordings: readonly string[]): string {
  return wordings[variant % wordings.length] ?? '';
}

/** A docstring's first paragraph as plain text, or null when it is too short to explain anything. */
function explain(docstring: string | null): string | null {
  const paragraph =
    (docstring ?? '')
      .split(/\n\s*\n/)[0]
      ?.replace(/\s+/g, ' ')
      .trim() ?? '';
  if (paragraph.length < MIN_EXPLANATION_CHARS) return null;
  if (paragraph.length <= MAX_EXPLANATION_CHARS) return paragraph;
  const cut = paragraph.slice(0, MAX_EXPLANATION_CHARS);
  const sentence = cut.lastIndexOf('. ');
  return sentence > MIN_EXPLANATION_CHARS ? cut.slice(0, sentence + 1) : cut;
}

/** Removes the indentation that all lines after the first share, as a method has inside its class. */
function dedent(text: string): string {
  const lines = text.trimEnd().split(/\r\n|\n/);
  let shared = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    if (line.trim() !== '') shared = Math.min(shared, line.length - line.trimStart().length);
  }
  if (!Number.isFinite(shared) || shared === 0) return lines.join('\n');
  return lines.map((line) => line.slice(shared)).join('\n');
}
