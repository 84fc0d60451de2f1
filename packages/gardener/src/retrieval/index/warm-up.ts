import { isCode } from '../../codebase/languages/languages.js';
import { chunkRead } from '../../codebase/read/chunk-codebase.js';
import { readSource } from '../../codebase/walk/read-source.js';
import type { WalkedFile } from '../../codebase/walk/walk.js';
import type { Embedder } from '../embedding/embedder.js';
import { embeddingText } from './embedding-text.js';

/** Languages whose grammars are loaded: most edits are in these. */
const LANGUAGES = 2;
/** Large enough to meet most of what a file is made of, small enough to cost nothing. */
const FILE_BYTES = { least: 2_000, most: 50_000 };
/**
 * Texts that are embedded together, as many as a longer edit has: the encoder makes its session for batches when the
 * first batch comes.
 */
const TEXTS = 2;

/**
 * Does beforehand what the first edit would wait for: starts the parser, reads a file of each of the
 * commonest languages among `files`, and embeds some of what is in them. What fails here fails again where
 * it matters, and is told there.
 */
export async function warmUp(
  files: readonly WalkedFile[],
  embedder: Embedder,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const file of examples(files)) {
      const read = await readSource(file.absolutePath, FILE_BYTES.most);
      const item = await chunkRead(file, read);
      if (!('chunks' in item)) continue;
      await embedder.embed(item.chunks.slice(0, TEXTS).map(embeddingText), signal);
    }
  } catch {
    // the folder may be gone by now, or the following over
  }
}

function examples(files: readonly WalkedFile[]): WalkedFile[] {
  const byLanguage = new Map<string, WalkedFile[]>();
  for (const file of files) {
    if (!isCode(file.language) || file.bytes < FILE_BYTES.least || file.bytes > FILE_BYTES.most) continue;
    const same = byLanguage.get(file.language);
    if (same === undefined) byLanguage.set(file.language, [file]);
    else same.push(file);
  }
  const common = [...byLanguage.values()].sort((a, b) => b.length - a.length).slice(0, LANGUAGES);
  return common.flatMap((some) => some.slice(0, 1));
}
