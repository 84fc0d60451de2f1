import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { CatalogueEntry, ModelFile } from './catalogue.js';

/**
 * Where the files of a model lie in what the user gives: the model file itself, a directory, or the wheel they come in,
 * which is not looked into here. Contents are not read.
 * @throws GardenerError `models.missing-file`, `models.unreadable-file`
 */
export async function findGivenFiles(
  given: string,
  entry: CatalogueEntry,
): Promise<{ name: string; path: string }[] | 'wheel'> {
  const facts = await stat(given).catch((cause: unknown) => {
    throw new GardenerError('models.missing-file', `There is nothing at ${given}.`, {
      remedy: 'Check the path given with --from.',
      cause,
    });
  });
  if (facts.isDirectory()) {
    const found: { name: string; path: string }[] = [];
    // One after the other, so that the first that is missing is the one that is named.
    for (const file of entry.files) found.push({ name: file.name, path: await findIn(given, file, entry) });
    return found;
  }
  // A FIFO would never end.
  if (!facts.isFile()) {
    throw new GardenerError('models.unreadable-file', `${given} is neither a file nor a directory.`, {
      remedy: 'Give the model file itself with --from.',
    });
  }
  if (/\.(whl|zip)$/i.test(given)) return 'wheel';
  if (entry.files.length > 1) throw needsDirectory(entry, given);
  return [{ name: entry.files[0].name, path: given }];
}

async function findIn(directory: string, file: ModelFile, entry: CatalogueEntry): Promise<string> {
  for (const candidate of [join(directory, file.name), join(directory, file.sourcePath)]) {
    const isFile = await stat(candidate).then(
      (facts) => facts.isFile(),
      () => false,
    );
    if (isFile) return candidate;
  }
  throw new GardenerError('models.missing-file', `${directory} lacks ${file.name}.`, {
    remedy: `Give a directory with ${entry.files.map((each) => each.name).join(', ')}.`,
  });
}

function needsDirectory(entry: CatalogueEntry, given: string): GardenerError {
  return new GardenerError(
    'models.missing-file',
    `${given} is one file, and ${entry.id} consists of ${entry.files.length}.`,
    {
      remedy: `Give the wheel (.whl) or a directory with ${entry.files.map((file) => file.name).join(', ')}.`,
    },
  );
}
