import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { blockTensorStem, moduleName, trainableModules } from '../transformer/config/modules.js';
import type { TransformerConfig } from '../transformer/config/transformer-config.js';
import { openSafetensors } from '../weights/safetensors/safetensors-reader.js';
import { writeSafetensors } from '../weights/safetensors/safetensors-writer.js';
import type { TensorData } from '../weights/tensor-writer.js';
import { type LoraAdapter, pairsOf } from './adapter.js';
import { checkAdapter, incompatible, unsupported } from './check-adapter.js';
import { readJsonObject, writeJsonObject } from './json-file.js';
import { parsePeftConfig, peftConfigJson } from './peft-config.js';
import { type AdapterTensor, readPairs } from './read-pairs.js';
import { rowsToFormat } from './row-order.js';

const CONFIG_FILE = 'adapter_config.json';
const WEIGHTS_FILE = 'adapter_model.safetensors';

/** PEFT's prefix: its model wraps the one that is adapted. */
const PREFIX = 'base_model.model.';

/**
 * Writes an adapter as a Hugging Face PEFT directory: adapter_config.json and adapter_model.safetensors (float32),
 * with q and k rows in Hugging Face's order. The folder is made when absent; each file is written atomically.
 * @param extra.baseModelName goes to `base_model_name_or_path`
 * @throws LoraError `adapter.incompatible` when the adapter contradicts itself or the base, `weights.write-failed`
 */
export async function writePeftAdapter(
  directory: string,
  adapter: LoraAdapter,
  config: TransformerConfig,
  extra: { baseModelName: string },
): Promise<void> {
  checkAdapter(adapter, config);
  const blocks = trainedBlocks(adapter);
  const tensors = new Map<string, TensorData>();
  const { rank } = adapter.config;
  for (const { block, module, pair } of pairsOf(adapter.blocks)) {
    const name = `${PREFIX}${blockTensorStem('safetensors', block, module)}`;
    const rows = rowsToFormat(pair.b, module, config, 'safetensors');
    tensors.set(`${name}.lora_A.weight`, { shape: [rank, pair.inFeatures], data: pair.a });
    tensors.set(`${name}.lora_B.weight`, { shape: [pair.outFeatures, rank], data: rows });
  }
  // Where the folder cannot be made, writing the first file says so.
  await mkdir(directory, { recursive: true }).catch(() => undefined);
  await writeSafetensors(join(directory, WEIGHTS_FILE), tensors, { format: 'pt' });
  const layers = blocks.length === config.blockCount ? null : blocks;
  const json = peftConfigJson(adapter.config, layers, extra.baseModelName);
  await writeJsonObject(join(directory, CONFIG_FILE), json);
}

/**
 * Reads a PEFT directory for a base model, q and k rows in the base's order. float32, float16 and bfloat16 are read.
 * Names and shapes are checked before any matrix is read.
 * @throws LoraError `adapter.incompatible` listing all unknown, missing and mis-shaped
 * tensors; `adapter.unsupported` for
 *   DoRA, trained biases, fully trained modules and the like; `adapter.damaged`; `weights.*` for unreadable files
 */
export async function readPeftAdapter(directory: string, config: TransformerConfig): Promise<LoraAdapter> {
  const configFile = join(directory, CONFIG_FILE);
  const peft = parsePeftConfig(configFile, await readJsonObject(configFile));
  await refusePickle(directory);
  await using source = await openSafetensors(join(directory, WEIGHTS_FILE));
  const blocks = await readPairs(source, config, {
    what: `The adapter ${directory}`,
    parseName: nameParser(config),
    rank: peft.rank,
    expected: peft.targetModules && {
      blocks: peft.blocks ?? Array.from({ length: config.blockCount }, (_, block) => block),
      modules: peft.targetModules,
    },
  });
  const found = new Set([...pairsOf(blocks)].map(({ module }) => module));
  const targetModules = trainableModules(config).filter((module) => found.has(module));
  return { config: { rank: peft.rank, alpha: peft.alpha, dropout: peft.dropout, targetModules }, blocks };
}

/** What a tensor's name means, for the modules of a base. */
function nameParser(config: TransformerConfig): (name: string) => AdapterTensor | null {
  const modules = new Map(
    trainableModules(config).map((module) => [moduleName('safetensors', module), module]),
  );
  return (name) => {
    // PEFT before 0.3 kept the adapter's name, `default`, in the keys.
    const pattern =
      /^base_model\.model\.model\.layers\.(\d{1,5})\.([\w.]{1,40})\.lora_([AB])(?:\.default)?\.weight$/;
    const [, block, stem, side] = pattern.exec(name) ?? [];
    const module = stem === undefined ? undefined : modules.get(stem);
    if (module === undefined) return null;
    return { block: Number(block), module, side: side === 'A' ? 'a' : 'b' };
  };
}

/** PEFT's configuration can name blocks and modules only as a product of the two. */
function trainedBlocks(adapter: LoraAdapter): number[] {
  const blocks: number[] = [];
  const problems: string[] = [];
  for (const [block, modules] of adapter.blocks.entries()) {
    const missing = adapter.config.targetModules.filter((module) => modules[module] === undefined);
    if (missing.length === adapter.config.targetModules.length) continue;
    blocks.push(block);
    for (const module of missing) problems.push(`${module} of block ${block} is missing`);
  }
  if (blocks.length === 0) problems.push('it holds no LoRA matrices');
  if (problems.length > 0) throw incompatible('The adapter', problems);
  return blocks;
}

async function refusePickle(directory: string): Promise<void> {
  const exists = (name: string) =>
    access(join(directory, name)).then(
      () => true,
      () => false,
    );
  if ((await exists(WEIGHTS_FILE)) || !(await exists('adapter_model.bin'))) return;
  throw unsupported(
    'The adapter is stored as a Python pickle (adapter_model.bin), which can run code and is not read.',
    'Save it again with PEFT as safetensors: save_pretrained(directory, safe_serialization=True).',
  );
}
