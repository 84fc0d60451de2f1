import { elementCount } from '../element-count.js';
import { openGgufFile } from './gguf-file.js';
import { rewriteGguf } from './gguf-rewrite.js';
import { partCount } from './split-gguf.js';

/** Only looked up, row by row, where the output has weights of its own. */
const EMBEDDING = 'token_embd.weight';
const OUTPUT = 'output.weight';

/**
 * Which tensors of a GGUF can be spelled as Q8_0 without changing a value (those in Q5_0), and their share of the
 * elements that a token is multiplied with. None of a file in parts.
 * @throws what `openGguf` throws
 */
export async function widenable(file: string): Promise<{ tensors: ReadonlySet<string>; share: number }> {
  await using source = await openGgufFile(file);
  const names = new Set<string>();
  // A part cannot be rewritten alone.
  if (partCount(source.metadata) > 1) return { tensors: names, share: 0 };
  let [all, wide] = [0, 0];
  for (const { name, type, shape } of source.tensors.values()) {
    if (shape.length < 2 || (name === EMBEDDING && source.tensors.has(OUTPUT))) continue;
    all += elementCount(shape);
    if (type !== 'Q5_0') continue;
    wide += elementCount(shape);
    names.add(name);
  }
  return { tensors: names, share: all === 0 ? 0 : wide / all };
}

/**
 * Copies a GGUF with the tensors of {@link widenable} spelled as Q8_0: the same model, larger and faster in llama.cpp.
 * @throws LoraError `weights.write-failed`, and what `openGguf` throws
 */
export async function widenGguf(
  from: string,
  to: string,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const { tensors } = await widenable(from);
  await rewriteGguf(from, to, {
    ...{ metadata: new Map(), typeOf: (own) => own, tensors: new Map(), widened: tensors },
    signal: options.signal,
  });
}
