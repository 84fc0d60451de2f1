import { isCode } from '../../../codebase/languages/languages.js';
import { chunkCodebase } from '../../../codebase/read/chunk-codebase.js';
import { type ChunkedFile, isChunkedFile } from '../../../codebase/read/chunked-file.js';
import { type SplitFile, splitFiles } from '../../data/split/split.js';
import type { ComparedTexts, CompareProtocol } from './compare-protocol.js';
import { comparedGaps } from './compared-gaps.js';
import { bytesToTrainOn, comparedTexts } from './compared-texts.js';

type Input = CompareProtocol['jobs']['texts']['input'];

/**
 * Reads a codebase as it is now and cuts the texts that bases are compared on from its held-out files.
 * @param onFiles called with the files read so far
 * @throws GardenerError `codebase.*`
 */
export async function findTexts(
  { root, maxFileBytes, allowedSecrets, repository, seed, sides }: Input,
  signal: AbortSignal,
  onFiles: (files: number) => void,
): Promise<ComparedTexts> {
  const files: ChunkedFile[] = [];
  let seen = 0;
  for await (const item of chunkCodebase(root, { maxFileBytes, allowedSecrets, signal })) {
    if (isChunkedFile(item) && isCode(item.language)) files.push(item);
    onFiles(++seen);
  }
  const split = sides === null ? splitFiles(files, { seed }) : asBefore(files, sides);
  return {
    texts: comparedTexts(split.heldOut, seed),
    gaps: comparedGaps(split.heldOut, repository, seed),
    trainingBytes: bytesToTrainOn(split.train),
  };
}

/** The sides as a run had them, of the files that are still there. */
function asBefore(
  files: readonly ChunkedFile[],
  sides: { heldOut: string[]; train: string[] },
): Record<'heldOut' | 'train', SplitFile[]> {
  const side = (paths: readonly string[]): SplitFile[] => {
    const wanted = new Set(paths);
    return files.filter(({ path }) => wanted.has(path)).map(withoutSecretLines);
  };
  return { heldOut: side(sides.heldOut), train: side(sides.train) };
}

function withoutSecretLines(file: ChunkedFile): SplitFile {
  const secrets = file.secrets ?? [];
  return { file, excludedLines: secrets.map(({ line, endLine }) => ({ startLine: line, endLine })) };
}
