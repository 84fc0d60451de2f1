import type { Chunk } from '../../codebase/chunk/chunk.js';
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
const MAX_EXPLANATION_CHARS = 400;
const MIN_EXPLANATION_CHARS = 20;

/**
 * Questions about one chunk with their answers: where it is, what it does (from its docstring), and how it is written.
 * The wording is varied by `variant`, so that the model learns the project and not one sentence.
 * Chunks without a symbol give none.
 */
export function instructionPairs(chunk: Chunk, variant: number): InstructionPair[] {
  const kind = KIND_NAMES[chunk.kind];
  if (chunk.symbol === null || kind === undefined) return [];
  const place = `\`${chunk.path}\`, line ${chunk.startLine}`;
  const explanation = explain(chunk.docstring);
  const pairs: InstructionPair[] = [
    {
      question: pick(variant, [
        `Where is \`${chunk.symbol}\` defined?`,
        `In which file is the ${kind} \`${chunk.symbol}\`?`,
        `Where do I find ${chunk.symbol}?`,
      ]),
      answer: `The ${kind} \`${chunk.symbol}\` is defined in ${place}.${signatureBlock(chunk)}`,
    },
  ];
  if (explanation !== null) {
    pairs.push({
      question: pick(variant, [
        `What does \`${chunk.symbol}\` do?`,
        `Explain the ${kind} \`${chunk.symbol}\` in ${chunk.path}.`,
        `What is ${chunk.symbol} for?`,
      ]),
      answer: `${explanation}\n\nIt is a ${kind} in ${place}.`,
    });
  }
  if (chunk.kind === 'function' || chunk.kind === 'method') {
    const wish = explanation === null ? '' : ` It should do this: ${explanation}`;
    pairs.push({
      question: `Write the ${kind} \`${chunk.symbol}\` of ${chunk.path}.${wish}`,
      answer: `\`\`\`${chunk.language}\n${dedent(chunk.text)}\n\`\`\``,
    });
  }
  return pairs;
}

function pick(variant: number, wordings: readonly string[]): string {
  return wordings[variant % wordings.length] as string;
}

function signatureBlock(chunk: Chunk): string {
  const signature = chunk.signature?.trim();
  if (!signature || signature.length > 300) return '';
  return `\n\n\`\`\`${chunk.language}\n${dedent(signature)}\n\`\`\``;
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
