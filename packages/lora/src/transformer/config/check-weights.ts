import { LoraError } from '../../errors.js';
import { BLOCK_FORMATS } from '../../weights/blocks/block-formats.js';
import { corrupt } from '../../weights/range-file.js';
import { printable } from '../../weights/tensor-places.js';
import { unsupportedType } from '../../weights/tensor-reader.js';
import type { WeightSource } from '../../weights/weight-source.js';
import {
  blockTensorName,
  blockTensorStem,
  fileMatrices,
  moduleShape,
  TOP_LEVEL_NAMES,
  vectorNames,
  vectorSize,
} from './modules.js';
import type { TransformerConfig } from './transformer-config.js';

/** Tensors outside the blocks that are either read elsewhere or not needed at all. */
const OTHER_TENSORS = ['rope_freqs.weight'];

/** Problems named in an error's sentence; all of them are in its details. */
const NAMED_PROBLEMS = 5;

/**
 * Checks that a file holds the weights that its description promises, no others, and in types that can be read. Only
 * the table of tensors is looked at.
 * @throws LoraError `transformer.missing-weights` listing all that is missing, of another shape or too much;
 *   `weights.unsupported-type`
 */
export function checkWeights(config: TransformerConfig, weights: WeightSource): void {
  const expected = expectedShapes(config, weights);
  const problems: string[] = [];
  for (const [name, shape] of expected) {
    const found = weights.tensors.get(name);
    if (!found) problems.push(`${name} is missing`);
    else if (`${found.shape}` !== `${shape}`) problems.push(`${name} is [${found.shape}], not [${shape}]`);
    else if (!BLOCK_FORMATS.has(found.type)) throw unsupportedType(weights.path, found);
  }
  for (const name of weights.tensors.keys()) {
    if (expected.has(name) || OTHER_TENSORS.includes(name)) continue;
    problems.push(`${printable(name)} is not part of the architecture ${config.architecture}`);
  }
  if (problems.length === 0) return;
  const named = problems.slice(0, NAMED_PROBLEMS).join('; ');
  throw new LoraError(
    'transformer.missing-weights',
    `The weights in ${weights.path} do not fit their description: ${named}.`,
    { remedy: 'Fetch the model file again, or choose another base model.', details: { problems } },
  );
}

/**
 * Reads the norms and biases, some kB a block, and checks that their values are numbers: with one that is not, every
 * loss is none.
 * @throws LoraError `weights.corrupt`, `weights.truncated`
 */
export async function checkVectors(config: TransformerConfig, weights: WeightSource): Promise<void> {
  const names = [TOP_LEVEL_NAMES[weights.format].norm];
  for (let block = 0; block < config.blockCount; block++) {
    for (const found of vectorNames(config).values())
      names.push(blockTensorName(weights.format, block, found[weights.format]));
  }
  for (const name of names) {
    const values = await weights.readFloat32(name);
    if (values.every(Number.isFinite)) continue;
    throw corrupt(weights.path, `the tensor "${name}" holds values that are no numbers`, { name });
  }
}

/** The shape of every tensor that a model of this description has, by its name in the file. */
function expectedShapes(config: TransformerConfig, { format, tensors }: WeightSource): Map<string, number[]> {
  const { embedding, norm, head } = TOP_LEVEL_NAMES[format];
  const table = [config.vocabularySize, config.hiddenSize];
  const expected = new Map([
    [embedding, table],
    [norm, [config.hiddenSize]],
  ]);
  if (tensors.has(head)) expected.set(head, table);
  for (let block = 0; block < config.blockCount; block++) {
    for (const module of fileMatrices(config).keys())
      expected.set(`${blockTensorStem(format, block, module)}.weight`, moduleShape(module, config));
    for (const [weight, found] of vectorNames(config))
      expected.set(blockTensorName(format, block, found[format]), [vectorSize(weight, config)]);
  }
  return expected;
}
