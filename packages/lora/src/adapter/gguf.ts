import { blockTensorStem, moduleName, trainableModules } from '../transformer/config/modules.js';
import type { TransformerConfig } from '../transformer/config/transformer-config.js';
import { openGguf } from '../weights/gguf/gguf-reader.js';
import { rewriteGguf } from '../weights/gguf/gguf-rewrite.js';
import { type GgufTensor, type GgufValue, writeGguf } from '../weights/gguf/gguf-writer.js';
import type { WeightSource } from '../weights/weight-source.js';
import { type LoraAdapter, pairsOf } from './adapter.js';
import { checkAdapter, incompatible, isAlpha, unsupported } from './check-adapter.js';
import { damaged } from './json-file.js';
import { type AdapterTensor, readPairs } from './read-pairs.js';
import { rowsToFormat } from './row-order.js';

/**
 * Writes an adapter as llama.cpp reads it: `general.type = adapter`, `adapter.type = lora`, `adapter.lora.alpha`, and
 * `blk.N.<module>.weight.lora_a` [rank, in] and `.lora_b` [out, rank], q and k rows in llama.cpp's order. Atomic.
 * llama.cpp applies W + (alpha / rank) * B A, rank being lora_a's first dimension.
 * @param options.type storage of the matrices; `F32` (default) serves exactly what was trained, `F16` halves the file
 * @throws LoraError `adapter.incompatible`, `weights.write-failed`
 */
export async function writeGgufAdapter(
  file: string,
  adapter: LoraAdapter,
  config: TransformerConfig,
  options: { type?: 'F32' | 'F16' } = {},
): Promise<void> {
  checkAdapter(adapter, config);
  const type = options.type ?? 'F32';
  const { rank, alpha } = adapter.config;
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: config.architecture }],
    ['general.type', { type: 'string', value: 'adapter' }],
    ['adapter.type', { type: 'string', value: 'lora' }],
    ['adapter.lora.alpha', { type: 'float32', value: alpha }],
  ]);
  const tensors: GgufTensor[] = [];
  for (const { block, module, pair } of pairsOf(adapter.blocks)) {
    const name = `${blockTensorStem('gguf', block, module)}.weight`;
    const rows = rowsToFormat(pair.b, module, config, 'gguf');
    tensors.push({ name: `${name}.lora_a`, shape: [rank, pair.inFeatures], data: pair.a, type });
    tensors.push({ name: `${name}.lora_b`, shape: [pair.outFeatures, rank], data: rows, type });
  }
  if (tensors.length === 0) throw incompatible('The adapter', ['it holds no LoRA matrices']);
  await writeGguf(file, metadata, tensors);
}

/**
 * Reads a LoRA adapter in llama.cpp's format for a base model, q and k rows in the base's order.
 * The format does not know dropout: it comes as 0.
 * @throws LoraError `adapter.incompatible` listing all unknown, missing and mis-shaped tensors; `adapter.unsupported`;
 *   `adapter.damaged`; `weights.*` for a file that is not a GGUF
 */
export async function readGgufAdapter(file: string, config: TransformerConfig): Promise<LoraAdapter> {
  await using source = await openGguf(file);
  checkKind(source, config);
  const parseName = nameParser(config);
  const rank = rankOf(source, parseName);
  const alpha = source.metadata.get('adapter.lora.alpha');
  if (alpha !== 0 && !isAlpha(alpha)) {
    throw damaged(file, 'adapter.lora.alpha is not a number from 0 to 1,000,000');
  }
  const what = `The adapter ${file}`;
  const blocks = await readPairs(source, config, {
    what,
    parseName,
    rank,
    expected: null,
  });
  const found = new Set([...pairsOf(blocks)].map(({ module }) => module));
  const targetModules = trainableModules(config).filter((module) => found.has(module));
  // llama.cpp reads an alpha of 0 as "scale by 1".
  return { config: { rank, alpha: alpha === 0 ? rank : alpha, dropout: 0, targetModules }, blocks };
}

/**
 * Copies an adapter in llama.cpp's format with its effect multiplied by `strength`, for programs that apply adapters
 * only as they are.
 * @param strength above 0
 * @throws LoraError `adapter.damaged`, `weights.*`
 */
export async function scaleGgufAdapter(from: string, to: string, strength: number): Promise<void> {
  await using source = await openGguf(from);
  const written = source.metadata.get('adapter.lora.alpha');
  if (typeof written !== 'number') throw damaged(from, 'adapter.lora.alpha is not a number');
  const first = [...source.tensors.values()].find(({ name }) => name.endsWith('.lora_a'));
  // llama.cpp reads an alpha of 0 as "scale by 1".
  const alpha = written === 0 ? (first?.shape[0] ?? 0) : written;
  const metadata = new Map<string, GgufValue>([
    ['adapter.lora.alpha', { type: 'float32', value: alpha * strength }],
  ]);
  await rewriteGguf(from, to, { metadata, typeOf: (own) => own, tensors: new Map() });
}

function checkKind(source: WeightSource, config: TransformerConfig): void {
  const { metadata, path } = source;
  if (metadata.get('general.type') !== 'adapter') {
    throw unsupported(
      `The file ${path} is not an adapter.`,
      'Give a LoRA adapter in GGUF format, not a model.',
    );
  }
  if (metadata.get('adapter.type') !== 'lora') {
    throw unsupported(`The adapter ${path} is of another kind than LoRA.`);
  }
  if (metadata.has('adapter.alora.invocation_tokens')) {
    throw unsupported(`The adapter ${path} uses activated LoRA, which is not supported.`);
  }
  if (metadata.get('general.architecture') !== config.architecture) {
    throw incompatible(`The adapter ${path}`, [`it is for another architecture than ${config.architecture}`]);
  }
}

/** The first dimension of the first A matrix; the others are compared with it. */
function rankOf(source: WeightSource, parseName: (name: string) => AdapterTensor | null): number {
  for (const { name, shape } of source.tensors.values()) {
    if (parseName(name)?.side === 'a') return shape[0] ?? 0;
  }
  return 0;
}

/** What a tensor's name means for a base: where a file has modules as one, the same name is another module. */
function nameParser(config: TransformerConfig): (name: string) => AdapterTensor | null {
  const modules = new Map(trainableModules(config).map((module) => [moduleName('gguf', module), module]));
  return (name) => {
    const [, block, stem, side] = /^blk\.(\d{1,5})\.(\w{1,40})\.weight\.lora_([ab])$/.exec(name) ?? [];
    const module = stem === undefined ? undefined : modules.get(stem);
    if (module === undefined) return null;
    return { block: Number(block), module, side: side === 'a' ? 'a' : 'b' };
  };
}
