import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoraError } from '../errors.js';
import { PLAIN_TRAITS, type TransformerConfig } from '../transformer/config/transformer-config.js';
import { type GgufTensor, type GgufValue, writeGguf } from '../weights/gguf/gguf-writer.js';
import { writeSafetensors } from '../weights/safetensors/safetensors-writer.js';
import type { TensorData } from '../weights/tensor-writer.js';
import { readGgufAdapter } from './gguf.js';
import { readPeftAdapter } from './peft.js';

const BASE: TransformerConfig = {
  architecture: 'llama',
  hiddenSize: 8,
  blockCount: 2,
  headCount: 2,
  keyValueHeadCount: 1,
  headSize: 4,
  mlpSize: 12,
  vocabularySize: 64,
  contextLength: 128,
  rmsNormEpsilon: 1e-5,
  rotaryLayout: 'interleaved',
  ...PLAIN_TRAITS,
  blockKinds: [],
};

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lora-foreign-'));
});
afterAll(() => rm(directory, { recursive: true }));

const tensor = (...shape: number[]): TensorData => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
});
const PLAIN = { peft_type: 'LORA', r: 2, lora_alpha: 4, target_modules: ['q_proj'], bias: 'none' };
const QUERY = 'base_model.model.model.layers.N.self_attn.q_proj';
const whole = (): [string, TensorData][] =>
  [0, 1].flatMap((block): [string, TensorData][] => [
    [`${QUERY.replace('N', `${block}`)}.lora_A.weight`, tensor(2, 8)],
    [`${QUERY.replace('N', `${block}`)}.lora_B.weight`, tensor(8, 2)],
  ]);

async function failure(promise: Promise<unknown>): Promise<LoraError> {
  const error: unknown = await promise.then(
    () => 'no error',
    (reason) => reason,
  );
  if (!LoraError.isInstance(error)) throw new Error(`expected a LoraError, got ${error}`);
  return error;
}
async function peft(json: unknown, tensors: [string, TensorData][] = whole()): Promise<string> {
  await writeFile(
    join(directory, 'adapter_config.json'),
    typeof json === 'string' ? json : JSON.stringify(json),
  );
  await writeSafetensors(join(directory, 'adapter_model.safetensors'), new Map(tensors));
  return directory;
}

describe('a PEFT directory from elsewhere', () => {
  it('is read when plain, whatever its names for blocks and modules', async () => {
    const plain = await readPeftAdapter(await peft(PLAIN), BASE);
    expect(plain.config).toEqual({ rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj'] });
    const old = whole().map(([name, data]): [string, TensorData] => [
      name.replace('.weight', '.default.weight'),
      data,
    ]);
    expect(await readPeftAdapter(await peft(PLAIN, old), BASE)).toEqual(plain);
    for (const modules of ['.*q_proj', ['self_attn.q_proj']]) {
      expect(await readPeftAdapter(await peft({ ...PLAIN, target_modules: modules }), BASE)).toEqual(plain);
    }
    const second = await readPeftAdapter(
      await peft({ ...PLAIN, layers_to_transform: 1 }, whole().slice(2)),
      BASE,
    );
    expect(second.blocks[0]).toEqual({});
    expect(second.blocks[1]!.q_proj).toEqual(plain.blocks[1]!.q_proj);
  });

  it('turns the scale of rank-stabilised LoRA into a plain one', async () => {
    const { config } = await readPeftAdapter(await peft({ ...PLAIN, use_rslora: true }), BASE);
    expect(config.alpha / config.rank).toBeCloseTo(4 / Math.sqrt(2), 12);
  });

  it('lists every unknown, missing and mis-shaped tensor in one error', async () => {
    const tensors = whole();
    tensors[0] = [tensors[0]![0], tensor(3, 8)]; // rank 3
    tensors[3] = ['lm_head.lora_A.weight', tensor(2, 8)]; // instead of B of block 1
    tensors.push([`${QUERY.replace('N', '7')}.lora_A.weight`, tensor(2, 8)]);
    const json = { ...PLAIN, target_modules: ['q_proj', 'v_proj'] };
    const error = await failure(readPeftAdapter(await peft(json, tensors), BASE));
    expect(error.code).toBe('adapter.incompatible');
    expect(error.details.problems).toHaveLength(6);
    for (const part of [
      `${tensors[0]![0]} is [3, 8] instead of [2, 8]`,
      'unknown tensor lm_head.lora_A.weight',
      'is for block 7, the base has 2',
      'matrix B of q_proj of block 1 is missing',
      'v_proj of block 0 is missing',
      'v_proj of block 1 is missing',
    ]) {
      expect(error.message).toContain(part);
    }
  });

  it('names what is not finite, and keeps a long list short', async () => {
    const tensors = whole();
    tensors[2]![1].data[3] = Number.POSITIVE_INFINITY;
    const error = await failure(readPeftAdapter(await peft(PLAIN, tensors), BASE));
    expect(error.message).toContain('q_proj of block 1 holds numbers that are not finite');
    const junk = Array.from({ length: 500 }, (_, i): [string, TensorData] => [`junk.${i}`, tensor(1)]);
    const many = await failure(readPeftAdapter(await peft(PLAIN, junk), BASE));
    expect(many.message.length).toBeLessThan(1000);
    expect(many.message).toContain('and 491 more');
  });

  it.each([
    [{ use_dora: true }, 'DoRA'],
    [{ modules_to_save: ['lm_head'] }, 'fully trained modules'],
    [{ bias: 'all' }, 'trained biases'],
    [{ lora_bias: true }, 'bias'],
    [{ rank_pattern: { q_proj: 3 } }, 'rank'],
    [{ init_lora_weights: 'pissa' }, 'changed base weights'],
    [{ target_modules: ['q_proj', 'lm_head'] }, 'lm_head'],
    [{ peft_type: 'IA3' }, 'IA3'],
  ])('refuses %j with a sentence', async (change, part) => {
    const error = await failure(readPeftAdapter(await peft({ ...PLAIN, ...change }), BASE));
    expect(error.code).toBe('adapter.unsupported');
    expect(error.message).toContain(part);
  });

  it.each([
    ['not JSON', '{"r": 2'],
    ['object', '[]'],
    ['r is not', JSON.stringify({ ...PLAIN, r: 0 })],
    ['r is not', JSON.stringify({ ...PLAIN, r: 2.5 })],
    ['lora_alpha', JSON.stringify({ ...PLAIN, lora_alpha: '4' })],
    ['lora_alpha', JSON.stringify({ ...PLAIN, lora_alpha: 1e308 })],
    ['lora_dropout', JSON.stringify({ ...PLAIN, lora_dropout: 1 })],
    ['target_modules', JSON.stringify({ ...PLAIN, target_modules: null })],
    ['layers_to_transform', JSON.stringify({ ...PLAIN, layers_to_transform: [-1] })],
    ['1 MiB', ' '.repeat(2 << 20)],
  ])('calls a configuration damaged: %s', async (part, text) => {
    const error = await failure(readPeftAdapter(await peft(text), BASE));
    expect(error.code).toBe('adapter.damaged');
    expect(error.message).toContain(part);
  });

  it.each([3e38, -2e5, Number.NaN])('refuses numbers that no model computes with: %d', async (value) => {
    const tensors = whole();
    tensors[3]?.[1].data.set([value], 5);
    const error = await failure(readPeftAdapter(await peft(PLAIN, tensors), BASE));
    expect(error.code).toBe('adapter.incompatible');
    expect(error.message).toMatch(/q_proj of block 1 holds numbers (as large as|that are not finite)/);
  });

  it.skipIf(process.platform === 'win32')('refuses a FIFO instead of waiting for it', async () => {
    for (const name of ['adapter_model.safetensors', 'adapter_config.json']) {
      await peft(PLAIN);
      await rm(join(directory, name));
      execFileSync('mkfifo', [join(directory, name)]);
      expect((await failure(readPeftAdapter(directory, BASE))).code).toBe('weights.unreadable');
      await rm(join(directory, name));
    }
  });

  it('says what is missing, and never reads a pickle', async () => {
    expect((await failure(readPeftAdapter(join(directory, 'absent'), BASE))).code).toBe('weights.not-found');
    await peft(PLAIN);
    await rm(join(directory, 'adapter_model.safetensors'));
    expect((await failure(readPeftAdapter(directory, BASE))).code).toBe('weights.not-found');
    await writeFile(join(directory, 'adapter_model.bin'), 'pickle');
    expect((await failure(readPeftAdapter(directory, BASE))).code).toBe('adapter.unsupported');
    await rm(join(directory, 'adapter_model.bin'));
  });
});

describe('a GGUF adapter from elsewhere', () => {
  const metadata: [string, GgufValue][] = [
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['general.type', { type: 'string', value: 'adapter' }],
    ['adapter.type', { type: 'string', value: 'lora' }],
    ['adapter.lora.alpha', { type: 'float32', value: 4 }],
  ];
  const pair: GgufTensor[] = [
    { name: 'blk.1.attn_q.weight.lora_a', ...tensor(2, 8) },
    { name: 'blk.1.attn_q.weight.lora_b', ...tensor(8, 2) },
  ];
  async function read(change: [string, GgufValue][], tensors: GgufTensor[] = pair) {
    const file = join(directory, 'adapter.gguf');
    await writeGguf(file, new Map([...metadata, ...change]), tensors);
    return await readGgufAdapter(file, BASE);
  }

  it('is read, with an alpha of 0 meaning no scaling', async () => {
    expect((await read([])).config).toEqual({ rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj'] });
    const zero = await read([['adapter.lora.alpha', { type: 'float32', value: 0 }]]);
    expect(zero.config.alpha / zero.config.rank).toBe(1);
  });

  it('is refused when it is a model, another kind of adapter or for another architecture', async () => {
    const text = (key: string, value: string): [string, GgufValue][] => [[key, { type: 'string', value }]];
    expect((await failure(read(text('general.type', 'model')))).code).toBe('adapter.unsupported');
    expect((await failure(read(text('adapter.type', 'control')))).code).toBe('adapter.unsupported');
    expect((await failure(read(text('general.architecture', 'qwen2')))).code).toBe('adapter.incompatible');
    expect((await failure(read(text('adapter.lora.alpha', '4')))).code).toBe('adapter.damaged');
    const negative = read([['adapter.lora.alpha', { type: 'float32', value: -1 }]]);
    expect((await failure(negative)).code).toBe('adapter.damaged');
  });

  it('lists what does not fit', async () => {
    const embedding = { name: 'token_embd.weight.lora_a', ...tensor(64, 2) };
    const other = { name: 'blk.0.ffn_up.weight.lora_a', ...tensor(3, 8) };
    const error = await failure(read([], [...pair, embedding, other]));
    expect(error.code).toBe('adapter.incompatible');
    expect(error.details.problems).toEqual([
      'unknown tensor token_embd.weight.lora_a',
      'blk.0.ffn_up.weight.lora_a is [3, 8] instead of [2, 8]',
      'matrix B of up_proj of block 0 is missing',
    ]);
    expect((await failure(read([], []))).message).toContain('no LoRA matrices');
  });
});
