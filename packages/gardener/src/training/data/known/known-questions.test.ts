import { expect, it } from 'vitest';
import type { Chunk } from '../../../codebase/chunk/chunk.js';
import { knownQuestions } from './known-questions.js';

function chunk(path: string, symbol: string, changes: Partial<Chunk> = {}): Chunk {
  const text = `def ${symbol}(text, limit=10):\n    """Cuts a text into pieces of at most ten words each."""\n    return [text]\n`;
  return {
    id: `${path} ${symbol}`,
    ...{ path, symbol, text, startLine: 1, endLine: 3, language: 'python', kind: 'function' },
    signature: `def ${symbol}(text, limit=10):`,
    docstring: 'Cuts a text into pieces of at most ten words each.',
    ...{ names: [symbol], imports: [], complexity: 1, quality: { score: 1, reasons: [] } },
    ...changes,
  };
}
const options = {
  ...{ seed: 1, projectName: 'demo', count: 6, contextTokens: 1024, answerTokens: 48 },
  countTokens: (text: string) => Math.ceil(text.length / 4),
};
const chunks = ['pieces', 'words', 'lines', 'pages', 'folded', 'cutter', 'joined', 'spread'].map((name) =>
  chunk(`src/${name}.py`, name),
);

it('asks in turn for the file, the parameters and the name, each with the code that tells', async () => {
  const questions = await knownQuestions(chunks, new Set(), options);
  expect(questions.map(({ kind }) => kind)).toEqual([
    'file',
    'parameters',
    'symbol',
    'file',
    'parameters',
    'symbol',
  ]);
  for (const { messages, expected } of questions) {
    const prompt = messages.map(({ content }) => content).join('\n');
    for (const name of expected) expect(prompt).toContain(name);
  }
  expect(questions[1]?.expected).toEqual(['text', 'limit']);
  expect(await knownQuestions(chunks, new Set(), options)).toEqual(questions);
});

it('asks about held-out files first, and not about names that stand for several things', async () => {
  const held = new Set(['src/pages.py']);
  const [first] = await knownQuestions(chunks, held, options);
  expect(first?.expected).toEqual(['pages.py']);
  const twice = [chunk('a.py', 'same'), chunk('b.py', 'same')];
  expect(await knownQuestions(twice, new Set(), options)).toEqual([]);
});

it('leaves the name out of a question that asks for it', async () => {
  const telling = chunks.map((one) => ({
    ...one,
    docstring: `${one.symbol} cuts a text into pieces of at most ten words.`,
  }));
  const questions = await knownQuestions(telling, new Set(), options);
  expect(questions.every(({ kind }) => kind !== 'symbol')).toBe(true);
});

it('asks nothing where the context has no room for a question', async () => {
  expect(await knownQuestions(chunks, new Set(), { ...options, contextTokens: 100 })).toEqual([]);
});
