import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GardenPaths } from '../../garden/files/paths.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { writeAdapterManifest } from './adapter-manifest.js';

/** Saves an adapter that has a manifest and a file, and no weights: enough for what does not run it. */
export async function saveEmptyAdapter(
  paths: GardenPaths,
  { id, baseModel }: Pick<ProjectRecord, 'id' | 'baseModel'>,
  version: number,
  scores: Record<string, unknown> | null = null,
): Promise<string> {
  const directory = paths.adapter(id, version);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'adapter.gguf'), `weights ${version}`);
  const base = { name: baseModel, weightsHash: '', tokenizerHash: '', templateHash: '' };
  const origin = { dataHash: null, commit: null, settings: { runId: 'r' }, scores };
  const content = { ...origin, base, createdAt: new Date().toISOString() };
  await writeAdapterManifest(directory, content, ['adapter.gguf']);
  return directory;
}
