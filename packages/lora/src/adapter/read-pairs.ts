import type { TargetModule } from '../transformer/config/adapter-config.js';
import { moduleShape } from '../transformer/config/modules.js';
import type { TransformerConfig } from '../transformer/config/transformer-config.js';
import type { TensorInfo, WeightSource } from '../weights/weight-source.js';
import type { AdapterBlocks, LoraPair } from './adapter.js';
import { faultOfNumbers, incompatible } from './check-adapter.js';
import { rowsFromFormat } from './row-order.js';

/** What a tensor of an adapter is, as its name tells. */
export interface AdapterTensor {
  block: number;
  module: TargetModule;
  side: 'a' | 'b';
}

/** What a format says of its tensors. */
export interface PairsFormat {
  /** How the adapter is called in an error: `The adapter <path>`. */
  what: string;
  /** What a name means; null when it belongs to no LoRA matrix of a target module. */
  parseName: (name: string) => AdapterTensor | null;
  rank: number;
  /** Pairs that must be there; null: any, as long as they are whole. */
  expected: { blocks: readonly number[]; modules: readonly TargetModule[] } | null;
}

type Found = Map<string, Partial<Record<'a' | 'b', TensorInfo>> & { block: number; module: TargetModule }>;

/**
 * Reads the LoRA pairs of a weights file, B in the base's row order.
 * All unknown, missing and mis-shaped tensors are collected before anything is read.
 * @returns one entry for each block of the base; empty where nothing was trained
 * @throws LoraError `adapter.incompatible` listing every problem
 */
export async function readPairs(
  source: WeightSource,
  config: TransformerConfig,
  format: PairsFormat,
): Promise<AdapterBlocks> {
  const problems: string[] = [];
  const found = findPairs(source, config, format, problems);
  addMissing(found, format, problems);
  if (found.size === 0) problems.unshift('it holds no LoRA matrices');
  if (problems.length > 0) throw incompatible(format.what, problems);

  const blocks: Partial<Record<TargetModule, LoraPair>>[] = Array.from(
    { length: config.blockCount },
    () => ({}),
  );
  for (const { block, module, a, b } of found.values()) {
    if (!a || !b) continue; // refused above
    const left = await source.readFloat32(a.name);
    const right = await source.readFloat32(b.name);
    const fault = faultOfNumbers(left) ?? faultOfNumbers(right);
    if (fault !== null) problems.push(`${module} of block ${block} ${fault}`);
    const rows = rowsFromFormat(right, module, config, source.format);
    const [outFeatures, inFeatures] = moduleShape(module, config);
    blocks[block] = { ...blocks[block], [module]: { a: left, b: rows, inFeatures, outFeatures } };
  }
  if (problems.length > 0) throw incompatible(format.what, problems);
  return blocks;
}

function findPairs(
  source: WeightSource,
  config: TransformerConfig,
  format: PairsFormat,
  problems: string[],
): Found {
  const found: Found = new Map();
  for (const tensor of source.tensors.values()) {
    const name = tensor.name.slice(0, 120).replaceAll(/\p{Cc}/gu, '?');
    const place = format.parseName(tensor.name);
    if (place === null) {
      problems.push(`unknown tensor ${name}`);
      continue;
    }
    const { block, module, side } = place;
    if (block >= config.blockCount) {
      problems.push(`${name} is for block ${block}, the base has ${config.blockCount}`);
      continue;
    }
    const [outFeatures, inFeatures] = moduleShape(module, config);
    const shape = side === 'a' ? [format.rank, inFeatures] : [outFeatures, format.rank];
    if (tensor.shape.length !== 2 || tensor.shape[0] !== shape[0] || tensor.shape[1] !== shape[1]) {
      problems.push(`${name} is [${tensor.shape.join(', ')}] instead of [${shape.join(', ')}]`);
    }
    const key = pairKey(block, module);
    const pair = found.get(key) ?? { block, module };
    if (pair[side] !== undefined) problems.push(`${name} is there twice`);
    pair[side] = tensor;
    found.set(key, pair);
  }
  return found;
}

function addMissing(found: Found, format: PairsFormat, problems: string[]): void {
  for (const { block, module, a, b } of found.values()) {
    if (a === undefined) problems.push(`matrix A of ${module} of block ${block} is missing`);
    if (b === undefined) problems.push(`matrix B of ${module} of block ${block} is missing`);
  }
  for (const block of format.expected?.blocks ?? []) {
    for (const module of format.expected?.modules ?? []) {
      if (!found.has(pairKey(block, module))) problems.push(`${module} of block ${block} is missing`);
    }
  }
}

function pairKey(block: number, module: TargetModule): string {
  return `${block} ${module}`;
}
