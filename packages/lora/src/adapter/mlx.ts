import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { blockTensorStem, moduleName, trainableModules } from '../transformer/config/modules.js';
import type { TransformerConfig } from '../transformer/config/transformer-config.js';
import { openSafetensors } from '../weights/safetensors/safetensors-reader.js';
import { writeSafetensors } from '../weights/safetensors/safetensors-writer.js';
import type { TensorData } from '../weights/tensor-writer.js';
import type { TensorInfo, WeightSource } from '../weights/weight-source.js';
import { type LoraAdapter, pairsOf } from './adapter.js';
import { checkAdapter, isAlpha, isRank, unsupported } from './check-adapter.js';
import { damaged, readJsonObject, writeJsonObject } from './json-file.js';
import { type AdapterTensor, readPairs } from './read-pairs.js';
import { rowsToFormat } from './row-order.js';

const CONFIG_FILE = 'adapter_config.json';
const WEIGHTS_FILE = 'adapters.safetensors';

/**
 * Writes an adapter as mlx-lm reads it (`--adapter-path`): adapter_config.json and adapters.safetensors (float32). Its
 * matrices are those of PEFT transposed, A [in, rank] and B [rank, out], and its `scale` is alpha / rank.
 * A block or module that was not trained is left at no effect.
 * @throws LoraError `adapter.incompatible`, `weights.write-failed`
 */
export async function writeMlxAdapter(
  directory: string,
  adapter: LoraAdapter,
  config: TransformerConfig,
): Promise<void> {
  checkAdapter(adapter, config);
  const { rank, alpha, dropout, targetModules } = adapter.config;
  const tensors = new Map<string, TensorData>();
  for (const { block, module, pair } of pairsOf(adapter.blocks)) {
    const name = blockTensorStem('safetensors', block, module);
    const { a, inFeatures, outFeatures } = pair;
    const b = rowsToFormat(pair.b, module, config, 'safetensors');
    tensors.set(`${name}.lora_a`, { shape: [inFeatures, rank], data: transposed(a, rank, inFeatures) });
    tensors.set(`${name}.lora_b`, { shape: [rank, outFeatures], data: transposed(b, outFeatures, rank) });
  }
  // Where the folder cannot be made, writing the first file says so.
  await mkdir(directory, { recursive: true }).catch(() => undefined);
  await writeSafetensors(join(directory, WEIGHTS_FILE), tensors, { format: 'mlx' });
  const keys = targetModules.map((module) => moduleName('safetensors', module));
  await writeJsonObject(join(directory, CONFIG_FILE), {
    fine_tune_type: 'lora',
    num_layers: config.blockCount,
    lora_parameters: { rank, scale: alpha / rank, dropout, keys },
  });
}

/**
 * Reads what `mlx_lm.lora` wrote, for a base model, q and k rows in the base's order.
 * @throws LoraError `adapter.incompatible` listing all that does not fit, `adapter.unsupported` for DoRA and fully
 *   trained weights, `adapter.damaged`, `weights.*`
 */
export async function readMlxAdapter(directory: string, config: TransformerConfig): Promise<LoraAdapter> {
  const { rank, alpha, dropout } = await readConfig(join(directory, CONFIG_FILE));
  await using source = await openSafetensors(join(directory, WEIGHTS_FILE));
  const blocks = await readPairs(new TransposedSource(source), config, {
    what: `The adapter ${directory}`,
    parseName: nameParser(config),
    rank,
    expected: null,
  });
  const found = new Set([...pairsOf(blocks)].map(({ module }) => module));
  const targetModules = trainableModules(config).filter((module) => found.has(module));
  return { config: { rank, alpha, dropout, targetModules }, blocks };
}

async function readConfig(path: string): Promise<{ rank: number; alpha: number; dropout: number }> {
  const { fine_tune_type: type, lora_parameters: parameters } = await readJsonObject(path);
  if (type !== undefined && type !== 'lora') {
    throw unsupported(
      'The adapter is not plain LoRA: mlx-lm trained it in another way (fine_tune_type).',
      'Train it again with --fine-tune-type lora, or fuse it into its base with mlx_lm.fuse.',
    );
  }
  if (typeof parameters !== 'object' || parameters === null)
    throw damaged(path, 'lora_parameters is missing');
  const { rank, scale, dropout = 0 } = parameters as Record<string, unknown>;
  if (!isRank(rank)) throw damaged(path, 'rank is not a positive integer');
  if (typeof scale !== 'number' || !isAlpha(scale * rank))
    throw damaged(path, 'scale is not a number above 0');
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout < 1)) {
    throw damaged(path, 'dropout is not between 0 and 1');
  }
  return { rank, alpha: scale * rank, dropout };
}

function nameParser(config: TransformerConfig): (name: string) => AdapterTensor | null {
  const modules = new Map(trainableModules(config).map((one) => [moduleName('safetensors', one), one]));
  return (name) => {
    const [, block, stem, side] = /^model\.layers\.(\d{1,5})\.([\w.]{1,40})\.lora_([ab])$/.exec(name) ?? [];
    const module = stem === undefined ? undefined : modules.get(stem);
    return module === undefined ? null : { block: Number(block), module, side: side === 'a' ? 'a' : 'b' };
  };
}

/** The matrices of a file the other way round. */
class TransposedSource implements WeightSource {
  readonly path: string;
  readonly files: readonly string[];
  readonly format: WeightSource['format'];
  readonly metadata: WeightSource['metadata'];
  readonly tensors: ReadonlyMap<string, TensorInfo>;

  constructor(readonly source: WeightSource) {
    this.path = source.path;
    this.files = source.files;
    this.format = source.format;
    this.metadata = source.metadata;
    this.tensors = new Map(
      [...source.tensors].map(([name, one]) => [name, { ...one, shape: [...one.shape].reverse() }]),
    );
  }

  async readFloat32(name: string): Promise<Float32Array> {
    const values = await this.source.readFloat32(name);
    const [rows = 1, columns = 1] = this.source.tensors.get(name)?.shape ?? [];
    return transposed(values, rows, columns);
  }

  readRowsFloat32(): Promise<Float32Array> {
    throw new Error('rows of a transposed file are not read');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.source[Symbol.asyncDispose]());
  }
}

/** [rows, columns] as [columns, rows]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = values[row * columns + column] ?? 0;
  }
  return turned;
}
