import type { ExampleScore, Tokenizer } from '@codebase-gardener/lora';
import { describe, expect, it } from 'vitest';
import { byteTokenizer } from '../../data/codebase.fixture.js';
import { bytesPerToken, encodeText, figuresOf, scoreText, type TextScore } from './text-scores.js';

/** Two bytes a token, so that a token may hold a line end and what follows it. */
const pairTokenizer: Tokenizer = {
  ...byteTokenizer,
  vocabularySize: 65_536,
  encode: (text) => {
    const bytes = [...Buffer.from(text, 'utf8')];
    const pairs: number[] = [];
    for (let i = 0; i < bytes.length; i += 2) pairs.push((bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0));
    return Int32Array.from(pairs);
  },
  decode: (tokens) =>
    Buffer.from(Array.from(tokens).flatMap((token) => [token >> 8, token & 255]))
      .toString('utf8')
      .replaceAll('\0', ''),
};

const text = {
  path: 'shop.ts',
  header: '// shop.ts\n',
  code: 'const first = 1;\n  const größe = two();\n}\n  return größe;\n',
};

/** Every byte as likely as any of four: two bits each. */
function evenScore(tokenizer: Tokenizer): TextScore {
  const encoded = encodeText(text, tokenizer);
  const { tokens, supervised } = encoded.example;
  const nll = Float32Array.from(tokens, (token, i) => {
    if (supervised[i] !== 1) return 0;
    const bytes = tokenizer === byteTokenizer || token % 256 === 0 ? 1 : 2;
    return bytes * 2 * Math.LN2;
  });
  return scoreText(encoded, { nll, ...judged(tokens.length) });
}

function judged(length: number): Pick<ExampleScore, 'top1' | 'top1Correct'> {
  return { top1: new Int32Array(length).fill(-1), top1Correct: new Uint8Array(length).fill(1) };
}

describe('bits per byte', () => {
  it('are the same for two tokenizations of one text with the same probabilities', () => {
    const [bytes, pairs] = [evenScore(byteTokenizer), evenScore(pairTokenizer)];
    expect(bytes.tokens).toBeGreaterThan(pairs.tokens);
    expect(bytes.bytes).toBe(Buffer.byteLength(text.code));
    expect(figuresOf([bytes]).bitsPerByte).toBeCloseTo(2, 6);
    expect(figuresOf([pairs]).bitsPerByte).toBeCloseTo(2, 6);
    expect(bytesPerToken([bytes])).toBe(1);
    expect(bytesPerToken([pairs])).toBeCloseTo(2, 1);
  });

  it('weigh texts by their bytes', () => {
    const score = { tokens: 1, matchedLines: 0, lines: 0 };
    const figures = figuresOf([
      { ...score, nats: Math.LN2, bytes: 1 },
      { ...score, nats: 0, bytes: 3 },
    ]);
    expect(figures).toEqual({ bitsPerByte: 0.25, nextLineExact: null });
  });

  it('leave out the path line, and a begin token is put where the base wants one', () => {
    const begun = encodeText(text, { ...byteTokenizer, addBegin: true });
    expect(begun.example.tokens[0]).toBe(byteTokenizer.beginToken);
    const { tokens, supervised } = begun.example;
    const scored = tokens.filter((_, i) => supervised[i] === 1);
    expect(Buffer.from(scored).toString('utf8')).toBe(text.code);
  });
});

describe('next lines', () => {
  it('are the same lines for every tokenizer: not the first, none that says nothing', () => {
    for (const tokenizer of [byteTokenizer, pairTokenizer]) {
      const { lines, example } = encodeText(text, tokenizer);
      const texts = lines.map(({ start, end }) => tokenizer.decode(example.tokens.subarray(start, end)));
      expect(lines).toHaveLength(2);
      expect(texts[1]).toContain('return');
    }
  });

  it('are matched where every token is right', () => {
    const encoded = encodeText(text, byteTokenizer);
    const { length } = encoded.example.tokens;
    const [line] = encoded.lines;
    const score = { nll: new Float32Array(length), ...judged(length) };
    expect(scoreText(encoded, score)).toMatchObject({ matchedLines: 2, lines: 2 });
    score.top1Correct[(line?.end ?? 0) - 1] = 0;
    const scores = [scoreText(encoded, score)];
    expect(figuresOf(scores).nextLineExact).toBe(0.5);
  });
});
