import { writeAtomically } from '../atomic-file.js';
import { appendTensor, type TensorData, writableFormat } from '../tensor-writer.js';

/**
 * Writes float32 tensors as a safetensors file, atomically. Tensors and metadata are sorted by name and the header is
 * padded to 8 bytes, as the reference implementation does, so equal input gives an equal file.
 * @param metadata goes to `__metadata__`; readers of PyTorch models ask for `{format: 'pt'}`
 * @throws LoraError `weights.write-failed`, `weights.wrong-shape`
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorData>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sorted = [...tensors].sort(byName).map(([name, tensor]) => {
    return { name, tensor, format: writableFormat(name, 'F32', tensor) };
  });
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) {
    entries.push(['__metadata__', Object.fromEntries(Object.entries(metadata).sort(byName))]);
  }
  let offset = 0;
  for (const { name, tensor } of sorted) {
    const end = offset + tensor.data.length * 4;
    entries.push([name, { dtype: 'F32', shape: tensor.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)), 'utf8');
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  header.set(json, 8);
  await writeAtomically(path, async (append) => {
    await append(header);
    for (const { tensor, format } of sorted) await appendTensor(append, tensor, format);
  });
}

/** Order of code units: the same everywhere, unlike a locale's. */
function byName([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
