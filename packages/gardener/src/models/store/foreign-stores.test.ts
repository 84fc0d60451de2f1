import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { ensureModel } from './ensure-model.js';
import { findModel } from './find-model.js';
import { storedModels } from './foreign-stores.js';
import { usedFiles, weightBytes } from './model-store.js';

const DIGEST = 'a'.repeat(64);
const GGUF = Buffer.from('GGUF and so on');

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gardener-stores-'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('USERPROFILE', home);
  vi.stubEnv('OLLAMA_MODELS', join(home, 'ollama'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

async function write(path: string, contents: string | Buffer): Promise<string> {
  const file = join(home, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, contents);
  return file;
}

/** A manifest as `ollama pull` writes it: the layers of a model, of which one is the GGUF. */
function manifest(digest = `sha256:${DIGEST}`): string {
  const layers = [
    { mediaType: 'application/vnd.ollama.image.template', digest: `sha256:${'b'.repeat(64)}`, size: 3 },
    { mediaType: 'application/vnd.ollama.image.model', digest, size: GGUF.length },
  ];
  return JSON.stringify({ schemaVersion: 2, layers });
}

describe("Ollama's store", () => {
  it('lists what it holds by the names that Ollama takes', async () => {
    const blob = await write(`ollama/blobs/sha256-${DIGEST}`, GGUF);
    for (const name of [
      'registry.ollama.ai/library/qwen2.5-coder/0.5b',
      'registry.ollama.ai/library/smollm2/latest',
      'registry.ollama.ai/someone/tuned/v1',
      'hf.co/owner/model-GGUF/Q4_K_M',
    ])
      await write(`ollama/manifests/${name}`, manifest());
    expect(storedModels().map(({ id }) => id)).toEqual([
      'ollama:hf.co/owner/model-GGUF:Q4_K_M',
      'ollama:qwen2.5-coder:0.5b',
      'ollama:smollm2:latest',
      'ollama:someone/tuned:v1',
    ]);
    expect(findModel('ollama:smollm2')).toMatchObject({
      id: 'ollama:smollm2:latest',
      source: { type: 'file', path: blob },
    });
    expect(() => findModel('ollama:phi')).toThrow(/not on this machine/);
  });

  it('is used where it lies, and hashed once for each writing', async () => {
    const blob = await write(`ollama/blobs/sha256-${DIGEST}`, GGUF);
    await write('ollama/manifests/registry.ollama.ai/library/smollm2/latest', manifest());
    const paths = new GardenPaths(join(home, 'data'));
    const stages: string[] = [];
    const onProgress = ({ stage }: { stage: string }) => stages.push(stage);
    const model = await ensureModel(paths, 'ollama:smollm2', { onProgress });
    expect(model).toMatchObject({ weights: blob, manifest: { path: blob } });
    // A blob has no ending.
    expect(weightBytes(model)).toBe(GGUF.length);
    expect(model.manifest.files[0]).toMatchObject({
      bytes: GGUF.length,
      sha256: expect.stringMatching(/^\w{64}$/),
    });
    expect(await ensureModel(paths, 'ollama:smollm2:latest', { onProgress })).toEqual(model);
    expect(stages).toEqual(['checking']);
    expect((await usedFiles(paths)).map(({ id }) => id)).toEqual(['ollama:smollm2:latest']);
    await writeFile(blob, Buffer.concat([GGUF, GGUF]));
    const written = await ensureModel(paths, 'ollama:smollm2', { onProgress });
    expect(written.manifest.files[0]?.sha256).not.toBe(model.manifest.files[0]?.sha256);
  });

  it('passes over what is damaged, unfinished, or leads elsewhere', async () => {
    await write('ollama/manifests/registry.ollama.ai/library/cut/latest', '{');
    await write('ollama/manifests/registry.ollama.ai/library/none/latest', 'null');
    await write('ollama/manifests/registry.ollama.ai/library/unfinished/latest', manifest());
    await write('ollama/manifests/registry.ollama.ai/library/away/latest', manifest('sha256:../../secret'));
    await write('ollama/manifests/registry.ollama.ai/flat', manifest());
    expect(storedModels()).toEqual([]);
  });
});

it("lists LM Studio's store, without the parts for pictures", async () => {
  const file = await write('.lmstudio/models/Qwen/Coder-GGUF/coder-q4.gguf', GGUF);
  await write('.lmstudio/models/Qwen/Coder-GGUF/mmproj-coder.gguf', GGUF);
  await write('.lmstudio/models/Qwen/Coder-GGUF/notes.txt', 'x');
  expect(storedModels()).toEqual([
    { id: 'lmstudio:Qwen/Coder-GGUF/coder-q4.gguf', path: file, bytes: GGUF.length },
  ]);
  expect(findModel('lmstudio:Qwen/Coder-GGUF/coder-q4.gguf').source).toEqual({ type: 'file', path: file });
});
