import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TARGET_MODULES, type TargetModule } from '../transformer/config/adapter-config.js';
import { moduleShape } from '../transformer/config/modules.js';
import { PLAIN_TRAITS, type TransformerConfig } from '../transformer/config/transformer-config.js';
import { openGguf } from '../weights/gguf/gguf-reader.js';
import { openSafetensors } from '../weights/safetensors/safetensors-reader.js';
import type { LoraAdapter, LoraPair } from './adapter.js';
import { readGgufAdapter, writeGgufAdapter } from './gguf.js';
import { readMlxAdapter, writeMlxAdapter } from './mlx.js';
import { readPeftAdapter, writePeftAdapter } from './peft.js';
import { permuteRows } from './row-order.js';

const BASE: TransformerConfig = {
  architecture: 'llama',
  hiddenSize: 24,
  blockCount: 2,
  headCount: 4,
  keyValueHeadCount: 2,
  headSize: 8,
  mlpSize: 40,
  vocabularySize: 64,
  contextLength: 128,
  rmsNormEpsilon: 1e-5,
  rotaryLayout: 'interleaved',
  ...PLAIN_TRAITS,
  blockKinds: [],
};
const HALVES: TransformerConfig = { ...BASE, rotaryLayout: 'halves' };

let folder: string;
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-adapter-'));
});
afterAll(() => rm(folder, { recursive: true }));
const fresh = (name: string) => join(folder, `${made++}-${name}`);

function makeAdapter(
  config: TransformerConfig,
  settings: {
    rank?: number;
    modules?: readonly TargetModule[];
    blocks?: readonly number[];
    seed?: number;
  } = {},
): LoraAdapter {
  const { rank = 3, modules = TARGET_MODULES, seed = 1 } = settings;
  let state = seed;
  const random = (length: number) =>
    Float32Array.from({ length }, () => {
      state = (state * 48_271 + 11) % 2_147_483_647;
      return state / 2 ** 31 - 0.5;
    });
  const blocks = Array.from({ length: config.blockCount }, (_, block) => {
    const pairs: Partial<Record<TargetModule, LoraPair>> = {};
    if (settings.blocks && !settings.blocks.includes(block)) return pairs;
    for (const module of modules) {
      const [outFeatures, inFeatures] = moduleShape(module, config);
      pairs[module] = {
        a: random(rank * inFeatures),
        b: random(outFeatures * rank),
        inFeatures,
        outFeatures,
      };
    }
    return pairs;
  });
  return { config: { rank, alpha: 7.5, dropout: 0.125, targetModules: modules }, blocks };
}

const anyAdapter = fc
  .record({
    layout: fc.constantFrom('interleaved' as const, 'halves' as const),
    rank: fc.integer({ min: 1, max: 6 }),
    modules: fc.subarray([...TARGET_MODULES], { minLength: 1 }),
    blocks: fc.subarray([0, 1], { minLength: 1 }),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .map(({ layout, ...settings }) => {
    const config: TransformerConfig = { ...BASE, rotaryLayout: layout };
    return { config, adapter: makeAdapter(config, settings) };
  });

describe('what mlx-lm wrote', () => {
  const written = async (change: (json: Record<string, unknown>) => void) => {
    const directory = fresh('mlx');
    await writeMlxAdapter(directory, makeAdapter(BASE), BASE);
    const file = join(directory, 'adapter_config.json');
    const json = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    change(json);
    writeFileSync(file, JSON.stringify(json));
    return directory;
  };

  it('is in its own spelling', async () => {
    const directory = await written(() => undefined);
    expect(JSON.parse(readFileSync(join(directory, 'adapter_config.json'), 'utf8'))).toEqual({
      fine_tune_type: 'lora',
      num_layers: 2,
      lora_parameters: { rank: 3, scale: 2.5, dropout: 0.125, keys: TARGET_MODULES.map(mlxKey) },
    });
    await using file = await openSafetensors(join(directory, 'adapters.safetensors'));
    expect(file.tensors.get('model.layers.1.mlp.down_proj.lora_a')?.shape).toEqual([40, 3]);
    expect(file.tensors.get('model.layers.1.mlp.down_proj.lora_b')?.shape).toEqual([3, 24]);
  });

  it('is refused where it is no plain LoRA or contradicts itself', async () => {
    const faults: [(json: Record<string, unknown>) => void, string][] = [
      [(json) => Object.assign(json, { fine_tune_type: 'dora' }), 'adapter.unsupported'],
      [(json) => Object.assign(json, { lora_parameters: null }), 'adapter.damaged'],
      [(json) => Object.assign(json, { lora_parameters: { rank: 0, scale: 1 } }), 'adapter.damaged'],
      [(json) => Object.assign(json, { lora_parameters: { rank: 3, scale: -1 } }), 'adapter.damaged'],
      [
        (json) => Object.assign(json, { lora_parameters: { rank: 3, scale: 1, dropout: 2 } }),
        'adapter.damaged',
      ],
      [(json) => Object.assign(json, { lora_parameters: { rank: 4, scale: 1 } }), 'adapter.incompatible'],
    ];
    for (const [change, code] of faults) {
      await expect(readMlxAdapter(await written(change), BASE)).rejects.toMatchObject({ code });
    }
    await expect(
      readMlxAdapter(await written(() => undefined), { ...BASE, blockCount: 1 }),
    ).rejects.toMatchObject({
      code: 'adapter.incompatible',
    });
  });
});

function mlxKey(module: TargetModule): string {
  return `${['gate_proj', 'up_proj', 'down_proj'].includes(module) ? 'mlp' : 'self_attn'}.${module}`;
}

describe('the formats', () => {
  it('give back exactly the adapter that was written', async () => {
    await fc.assert(
      fc.asyncProperty(anyAdapter, async ({ config, adapter }) => {
        const [directory, file] = [fresh('peft'), fresh('adapter.gguf')];
        await writePeftAdapter(directory, adapter, config, { baseModelName: 'tiny' });
        expect(await readPeftAdapter(directory, config)).toEqual(adapter);
        await writeGgufAdapter(file, adapter, config);
        const expected = { ...adapter, config: { ...adapter.config, dropout: 0 } };
        expect(await readGgufAdapter(file, config)).toEqual(expected);
        const mlx = fresh('mlx');
        await writeMlxAdapter(mlx, adapter, config);
        const back = await readMlxAdapter(mlx, config);
        // It holds alpha / rank, which need not be a round number.
        expect(Math.fround(back.config.alpha)).toBe(Math.fround(adapter.config.alpha));
        expect({ ...back, config: adapter.config }).toEqual(adapter);
      }),
      { numRuns: 25 },
    );
  });

  it('carry an adapter from a base in one row order to the same base in the other', async () => {
    const adapter = makeAdapter(HALVES);
    const [directory, file] = [fresh('peft'), fresh('adapter.gguf')];
    await writePeftAdapter(directory, adapter, HALVES, { baseModelName: 'tiny' });
    await writeGgufAdapter(file, adapter, HALVES);
    for (const read of [await readPeftAdapter(directory, BASE), await readGgufAdapter(file, BASE)]) {
      for (const [block, modules] of adapter.blocks.entries()) {
        const { q_proj: q, k_proj: k, v_proj: v } = modules;
        expect(read.blocks[block]!.q_proj!.b).toEqual(permuteRows(q!.b, 32, 3, 4));
        expect(read.blocks[block]!.k_proj!.b).toEqual(permuteRows(k!.b, 16, 3, 2));
        expect(read.blocks[block]!.v_proj!.b).toEqual(v!.b);
        expect(read.blocks[block]!.q_proj!.a).toEqual(q!.a);
      }
    }
  });

  it('keep to the row order each promises', async () => {
    const adapter = makeAdapter(BASE);
    const [directory, file] = [fresh('peft'), fresh('adapter.gguf')];
    await writePeftAdapter(directory, adapter, BASE, { baseModelName: 'tiny' });
    await writeGgufAdapter(file, adapter, BASE);
    await using gguf = await openGguf(file);
    const trained = adapter.blocks[1]!.q_proj!.b;
    expect(await gguf.readFloat32('blk.1.attn_q.weight.lora_b')).toEqual(trained);
    await using peft = await openSafetensors(join(directory, 'adapter_model.safetensors'));
    const rows = await peft.readFloat32('base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight');
    expect(rows).not.toEqual(trained);
    expect(permuteRows(rows, 32, 3, 4)).toEqual(trained);
  });

  it('refuse to write what contradicts the base or itself', async () => {
    const wide = makeAdapter({ ...BASE, hiddenSize: 32 });
    const nan = makeAdapter(BASE);
    nan.blocks[0]!.v_proj!.b[5] = Number.NaN;
    const short = { ...makeAdapter(BASE), blocks: makeAdapter(BASE).blocks.slice(1) };
    const none = makeAdapter(BASE, { blocks: [] });
    const zero = makeAdapter(BASE);
    zero.config = { ...zero.config, alpha: 0 };
    for (const adapter of [wide, nan, short, none, zero]) {
      const expected = { code: 'adapter.incompatible' };
      await expect(writeGgufAdapter(fresh('x.gguf'), adapter, BASE)).rejects.toMatchObject(expected);
      const peft = writePeftAdapter(fresh('x'), adapter, BASE, { baseModelName: 'tiny' });
      await expect(peft).rejects.toMatchObject(expected);
    }
    expect(readdirSync(folder).filter((name) => name.endsWith('x.gguf') || name.endsWith('.tmp'))).toEqual(
      [],
    );
  });
});

describe('PEFT directory', () => {
  it('is read as PEFT itself saved it', async () => {
    const directory = fileURLToPath(new URL('../../fixtures/golden/peft-adapter/', import.meta.url));
    const golden = JSON.parse(readFileSync(join(directory, 'golden.json'), 'utf8')) as {
      scale: number;
      values: Record<string, { shape: number[]; values: number[] }>;
    };
    const { config, blocks } = await readPeftAdapter(directory, HALVES);
    expect(config).toMatchObject({ rank: 4, dropout: 0.1, targetModules: [...TARGET_MODULES] });
    // It was made with use_rslora: alpha / sqrt(rank).
    expect(config.alpha / config.rank).toBeCloseTo(golden.scale, 12);
    const layer = 'base_model.model.model.layers.1';
    const values = (name: string) => new Float32Array(golden.values[`${layer}.${name}.weight`]!.values);
    expect(blocks[1]!.q_proj!.a).toEqual(values('self_attn.q_proj.lora_A'));
    expect(blocks[1]!.q_proj!.b).toEqual(values('self_attn.q_proj.lora_B'));
    expect(blocks[1]!.down_proj!.a).toEqual(values('mlp.down_proj.lora_A'));
    expect(blocks[1]!.down_proj!.b).toEqual(values('mlp.down_proj.lora_B'));
  });

  it('writes the keys of adapter_config.json that PEFT reads', async () => {
    const directory = fresh('peft');
    const adapter = makeAdapter(BASE, { modules: ['q_proj', 'v_proj'], blocks: [1] });
    await writePeftAdapter(directory, adapter, BASE, { baseModelName: 'org/tiny' });
    expect(JSON.parse(readFileSync(join(directory, 'adapter_config.json'), 'utf8'))).toMatchObject({
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: 'org/tiny',
      r: 3,
      lora_alpha: 7.5,
      lora_dropout: 0.125,
      target_modules: ['q_proj', 'v_proj'],
      layers_to_transform: [1],
      bias: 'none',
      inference_mode: true,
    });
  });
});

describe('GGUF adapter', () => {
  it('has the metadata and names that llama.cpp reads', async () => {
    const file = fresh('adapter.gguf');
    await writeGgufAdapter(file, makeAdapter(BASE, { blocks: [1], modules: ['o_proj', 'up_proj'] }), BASE);
    await using source = await openGguf(file);
    expect(Object.fromEntries(source.metadata)).toEqual({
      'general.architecture': 'llama',
      'general.type': 'adapter',
      'adapter.type': 'lora',
      'adapter.lora.alpha': 7.5,
    });
    expect([...source.tensors.values()].map(({ name, shape, type }) => [name, type, ...shape])).toEqual([
      ['blk.1.attn_output.weight.lora_a', 'F32', 3, 32],
      ['blk.1.attn_output.weight.lora_b', 'F32', 24, 3],
      ['blk.1.ffn_up.weight.lora_a', 'F32', 3, 24],
      ['blk.1.ffn_up.weight.lora_b', 'F32', 40, 3],
    ]);
  });

  it('can be stored as F16', async () => {
    const file = fresh('adapter.gguf');
    const adapter = makeAdapter(BASE);
    await writeGgufAdapter(file, adapter, BASE, { type: 'F16' });
    const read = (await readGgufAdapter(file, BASE)).blocks[0]!.q_proj!.a;
    const written = adapter.blocks[0]!.q_proj!.a;
    expect(read).not.toEqual(written);
    for (let i = 0; i < read.length; i++) expect(Math.abs(read[i]! - written[i]!)).toBeLessThan(2 ** -11);
  });
});
