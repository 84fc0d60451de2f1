import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type WordPieceEncoder, wordPieceFromJson } from './word-piece.js';

interface Case {
  text: string;
  ids: number[];
}
const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/golden/minilm/${name}`, import.meta.url), 'utf8'));
const { sentences } = golden('sentences.json') as { sentences: Case[] };
const { cases, maxTokens } = golden('tokens.json') as { cases: Case[]; maxTokens: number };

let json: { model: Record<string, unknown> };
let encoder: WordPieceEncoder;
beforeAll(() => {
  const file = join(inject('embeddingModelDirectory'), 'tokenizer.json');
  json = JSON.parse(readFileSync(file, 'utf8')) as typeof json;
  encoder = wordPieceFromJson(json);
});

describe('wordPieceFromJson', () => {
  it("gives Hugging Face's ids for sentences and for nasty texts", () => {
    for (const { text, ids } of [...sentences, ...cases]) {
      expect([...encoder.encode(text, maxTokens)], JSON.stringify(text.slice(0, 60))).toEqual(ids);
    }
  });

  it('keeps both ends however short the result must be', () => {
    const [begin, , end] = encoder.encode('x', 10);
    expect([...encoder.encode('one two three four', 4)]).toHaveLength(4);
    expect([...encoder.encode('one two three four', 2)]).toEqual([begin, end]);
    expect(encoder.encode('word '.repeat(1_000_000), 256)).toHaveLength(256);
  });

  it('takes markup of special tokens for text', () => {
    const [begin, , end] = encoder.encode('x', 10);
    const inside = [...encoder.encode('a [SEP] [CLS] [PAD] b', 64)].slice(1, -1);
    expect(inside).not.toContain(begin);
    expect(inside).not.toContain(end);
    expect(inside).not.toContain(encoder.padToken);
  });

  it('refuses what is no usable WordPiece', () => {
    const refused = expect.objectContaining({ code: 'transformer.unsupported-tokenizer' });
    const { model } = json;
    expect(() => wordPieceFromJson(null)).toThrow(refused);
    expect(() => wordPieceFromJson({})).toThrow(refused);
    expect(() => wordPieceFromJson({ model: { ...model, type: 'Unigram' } })).toThrow(refused);
    expect(() => wordPieceFromJson({ model: { type: 'WordPiece', vocab: { a: 0 } } })).toThrow(refused);
    expect(() => wordPieceFromJson({ model: { type: 'WordPiece', vocab: { a: 2 ** 40 } } })).toThrow(refused);
    expect(() => wordPieceFromJson({ ...json, normalizer: { type: 'Invented' } })).toThrow(refused);
  });
});
