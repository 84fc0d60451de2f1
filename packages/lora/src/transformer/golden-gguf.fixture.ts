import { fileURLToPath } from 'node:url';
import { openGguf } from '../weights/gguf/gguf-reader.js';
import type { GgufTensor, GgufValue } from '../weights/gguf/gguf-writer.js';
import type { MetadataValue } from '../weights/weight-source.js';

/** What a GGUF holds, to be changed and written again. */
export interface GgufContent {
  metadata: Map<string, GgufValue>;
  tensors: Map<string, GgufTensor>;
}

/** A path in fixtures/golden/architectures. */
export function architecturePath(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/golden/architectures/${name}`, import.meta.url));
}

/** The tiny base of an architecture, read from its GGUF (all float32). */
export async function goldenGguf(architecture: string): Promise<GgufContent> {
  await using source = await openGguf(architecturePath(`${architecture}/base.gguf`));
  const metadata = new Map([...source.metadata].map(([key, value]) => [key, ggufValue(value)]));
  const tensors = new Map<string, GgufTensor>();
  for (const { name, shape } of source.tensors.values())
    tensors.set(name, { name, shape, data: await source.readFloat32(name) });
  return { metadata, tensors };
}

function ggufValue(value: MetadataValue): GgufValue {
  switch (typeof value) {
    case 'string':
      return { type: 'string', value };
    case 'boolean':
      return { type: 'bool', value };
    case 'number':
      return Number.isInteger(value) ? { type: 'uint32', value } : { type: 'float32', value };
    case 'bigint':
      return { type: 'uint64', value };
    default:
      return typeof value[0] === 'string'
        ? { type: 'array', items: 'string', value: value as string[] }
        : { type: 'array', items: 'int32', value: value as number[] };
  }
}
