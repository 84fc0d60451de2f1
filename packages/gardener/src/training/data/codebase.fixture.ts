import type { ChatTemplate, ModelTokenizer } from '@codebase-gardener/lora';
import type { Chunk } from '../../codebase/chunk/chunk.js';
import type { ChunkedFile } from '../../codebase/read/chunked-file.js';
import type { ExampleBase } from './chat-example.js';
import { seededRandom } from './random.js';

/** Byte-level tokenizer with the two chat tokens: the smallest thing that keeps the contract. For tests. */
export const byteTokenizer: ModelTokenizer = {
  vocabularySize: 258,
  beginToken: 256,
  endOfTurnToken: 257,
  addBegin: false,
  specialTokens: new Map([
    ['<s>', 256],
    ['</s>', 257],
  ]),
  encode: (text) => Int32Array.from(Buffer.from(text, 'utf8')),
  encodeWithSpecials: (text) =>
    Int32Array.from(
      text
        .split(/(<s>|<\/s>)/)
        .flatMap((part) =>
          part === '<s>' ? [256] : part === '</s>' ? [257] : [...Buffer.from(part, 'utf8')],
        ),
    ),
  decode: (tokens) =>
    Array.from(tokens)
      .map((token) => (token === 256 ? '<s>' : token === 257 ? '</s>' : String.fromCharCode(token)))
      .join(''),
};

/** `<s>role\ncontent</s>\n` for each message. For tests. */
export const plainTemplate: ChatTemplate = {
  render: (messages, options) =>
    messages.map(({ role, content }) => `<s>${role}\n${content}</s>\n`).join('') +
    (options?.addGenerationPrompt ? '<s>assistant\n' : ''),
};

export const testBase: ExampleBase = { tokenizer: byteTokenizer, chatTemplate: plainTemplate };

/**
 * A Python file of `functions` functions with words of its own (seeded by the path), chunked by function. For tests.
 */
export function testFile(
  path: string,
  options: { functions?: number; modifiedMs?: number; extra?: string; quality?: string } = {},
): ChunkedFile {
  const random = seededRandom(7, path);
  const word = (): string => Math.floor(random() * 1e9).toString(36);
  const blocks: string[] = [];
  for (let i = 0; i < (options.functions ?? 6); i++) {
    const name = `do_${word()}`;
    const lines = [`def ${name}(${word()}, ${word()}):`, `    """Computes the ${word()} of ${word()}."""`];
    for (let line = 0; line < 6; line++) lines.push(`    ${word()} = ${word()}.${word()}(${word()})`);
    if (i === 0 && options.extra) lines.push(`    note = "${options.extra}"`);
    lines.push(`    return ${word()}`);
    blocks.push(lines.join('\n'));
  }
  return chunkedFile(path, blocks, options);
}

/** A file whose chunks are the given blocks, with an empty line between them. For tests. */
export function chunkedFile(
  path: string,
  blocks: readonly string[],
  options: { modifiedMs?: number; quality?: string } = {},
): ChunkedFile {
  const chunks: Chunk[] = [];
  let line = 1;
  for (const text of blocks) {
    const lines = text.split('\n').length;
    const symbol = /def (\w+)/.exec(text)?.[1] ?? null;
    chunks.push({
      id: `${path}:${line}`,
      path,
      startLine: line,
      endLine: line + lines - 1,
      language: 'python',
      symbol,
      kind: symbol === null ? 'module' : 'function',
      signature: symbol === null ? null : (text.split('\n')[0] as string),
      docstring: /"""(.*?)"""/s.exec(text)?.[1] ?? null,
      imports: [],
      names: [],
      complexity: 1,
      quality: options.quality ? { score: 0.4, reasons: [options.quality] } : { score: 1, reasons: [] },
      text,
    });
    line += lines + 1;
  }
  return {
    path,
    language: 'python',
    hash: path,
    text: `${blocks.join('\n\n')}\n`,
    modifiedMs: options.modifiedMs ?? 0,
    hasSyntaxErrors: false,
    chunks,
  };
}
