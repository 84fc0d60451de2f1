import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openGguf } from '../../weights/gguf/gguf-reader.js';
import { tokenizerFromJson } from './tokenizer-from-json.js';

type Json = Record<string, unknown>;
const file = new URL('../../../fixtures/golden/smollm2/tokens.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as {
  cases: { text: string; ids: number[]; withSpecials?: number[] }[];
};
const config = { bos_token: '<|im_start|>', eos_token: { content: '<|im_end|>' }, add_bos_token: false };

/** The default base model's tokenizer.json as its authors published it. */
let json: Json;
beforeAll(async () => {
  await using source = await openGguf(inject('baseModelFile'));
  const tokens = source.metadata.get('tokenizer.ggml.tokens') as string[];
  json = {
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: source.metadata.get('tokenizer.ggml.merges'),
    },
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    decoder: { type: 'ByteLevel' },
    added_tokens: tokens
      .slice(0, 17)
      .map((content, id) => ({ id, content, special: true, normalized: false })),
  };
});

describe('tokenizerFromJson', () => {
  it("gives Hugging Face's ids for every golden text", () => {
    const { tokenizer } = tokenizerFromJson(json, config);
    for (const { text, ids, withSpecials } of cases) {
      const label = JSON.stringify(text.slice(0, 60));
      expect([...tokenizer.encode(text)], label).toEqual(ids);
      expect([...tokenizer.encodeWithSpecials(text)], label).toEqual(withSpecials ?? ids);
    }
    expect(tokenizer).toMatchObject({
      vocabularySize: 49152,
      beginToken: 1,
      endOfTurnToken: 2,
      addBegin: false,
    });
  });

  it('refuses what it cannot tokenize exactly', () => {
    const split = (Regex: string): Json => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated' });
    const nested = { type: 'Sequence', pretokenizers: [] as Json[] };
    nested.pretokenizers.push(nested);
    const changes: [Json, unknown][] = [
      [{ model: { type: 'Unigram', vocab: [] } }, config],
      [{ model: { ...(json.model as Json), vocab: { a: -1 } } }, config],
      [{ model: { ...(json.model as Json), merges: undefined } }, config],
      [{ pre_tokenizer: { type: 'Metaspace' } }, config],
      [{ pre_tokenizer: nested }, config],
      [{ pre_tokenizer: split('(a+)+$') }, config],
      [{ pre_tokenizer: split('a'.repeat(5_000)) }, config],
      [{ pre_tokenizer: split('[') }, config],
      [{ normalizer: { type: 'Precompiled' } }, config],
      [{ added_tokens: [{ id: 'x' }] }, config],
      [{}, {}],
      [{}, null],
    ];
    const refused = expect.objectContaining({ code: 'transformer.unsupported-tokenizer' });
    expect(() => tokenizerFromJson(null, config)).toThrow(refused);
    for (const [change, changedConfig] of changes) {
      expect(
        () => tokenizerFromJson({ ...json, ...change }, changedConfig),
        JSON.stringify(Object.keys(change)),
      ).toThrow(refused);
    }
  });
});
