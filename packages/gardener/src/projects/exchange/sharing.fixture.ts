import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Garden, openGarden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { findModel } from '../../models/store/find-model.js';
import { writeAdapterManifest } from '../../training/adapters/adapter-manifest.js';
import { saveScorecard } from '../../training/adapters/adapter-store.js';
import { saveEmptyAdapter } from '../../training/adapters/saved-adapter.fixture.js';
import type { Artefact } from './artefact.js';
import type { ArtefactStore } from './artefact-store.js';
import { openStore } from './open-store.js';
import { type Pulled, pullAdapter } from './pull-adapter.js';
import { type Pushed, pushAdapter } from './push-adapter.js';
import { scorecardOf } from './scorecard.fixture.js';

export const BASE = 'smollm2-135m-instruct';

/** A project with a promoted adapter, and a folder to push it to; no weights, so that nothing can be imported. */
export class Sharing {
  private constructor(
    /** The data directory, the codebase and the shared folder lie in here. */
    readonly folder: string,
    readonly garden: Garden,
    public project: ProjectRecord,
  ) {}

  static async make(): Promise<Sharing> {
    const folder = await mkdtemp(join(tmpdir(), 'share-'));
    const garden = await openGarden({ dataDir: join(folder, 'data'), settings: { logLevel: 'silent' } });
    await mkdir(join(folder, 'shop'));
    const project = await garden.registry.add({ path: join(folder, 'shop'), name: 'shop', baseModel: BASE });
    const sharing = new Sharing(folder, garden, project);
    await sharing.#haveBase();
    await sharing.saveAdapter(1);
    await sharing.promote(1);
    return sharing;
  }

  get shared(): string {
    return join(this.folder, 'shared');
  }

  get artefactFile(): string {
    return join(this.shared, 'shop', 'artefact.json');
  }

  /** The base as it is on disk. Only its recorded hash is looked at before an import, so it has no bytes. */
  async #haveBase(): Promise<void> {
    const directory = this.garden.paths.baseModel(BASE);
    await mkdir(directory, { recursive: true });
    const [{ name, bytes, sha256 }] = findModel(BASE).files;
    await writeFile(join(directory, name), '');
    await truncate(join(directory, name), bytes ?? 0);
    const manifest = {
      schemaVersion: 1,
      id: BASE,
      kind: 'base',
      source: 'file',
      licence: null,
      fetchedAt: '',
    };
    const files = [{ name, bytes, sha256 }];
    await writeFile(join(directory, 'manifest.json'), JSON.stringify({ ...manifest, files }));
  }

  /** An adapter with every file that is pushed. @param loss on held-out code against 1.5; null where not measured */
  async saveAdapter(version: number, loss: number | null = 1.3): Promise<string> {
    const directory = await saveEmptyAdapter(this.garden.paths, this.project, version);
    await writeFile(join(directory, 'adapter_config.json'), `{"version": ${version}}`);
    await writeFile(join(directory, 'adapter_model.safetensors'), `weights ${version} `.repeat(1000));
    const weightsHash = findModel(BASE).files[0].sha256 ?? '';
    const base = { name: BASE, weightsHash, tokenizerHash: 't', templateHash: 'u' };
    const facts = {
      dataHash: null,
      commit: null,
      settings: {},
      scores: null,
      createdAt: '2026-11-29T00:00:00Z',
    };
    const names = ['adapter_config.json', 'adapter_model.safetensors', 'adapter.gguf'];
    await writeAdapterManifest(directory, { ...facts, base }, names);
    if (loss !== null) await saveScorecard(directory, scorecardOf(loss, version));
    return directory;
  }

  async promote(version: number | null): Promise<void> {
    this.project = await this.garden.registry.update(this.project.id, { promotedAdapter: version });
  }

  async push(to?: ArtefactStore, version?: number): Promise<Pushed> {
    const options = {
      ...{ to: to ?? (await openStore(this.shared)), name: 'shop' },
      ...(version === undefined ? {} : { version }),
    };
    return pushAdapter(this.garden, this.project, options);
  }

  async pull(from?: ArtefactStore): Promise<Pulled> {
    return pullAdapter(this.garden, this.project, {
      from: from ?? (await openStore(this.shared)),
      name: 'shop',
    });
  }

  /** What the shared folder says is there. */
  async stored(): Promise<Artefact> {
    return JSON.parse(await readFile(this.artefactFile, 'utf8'));
  }

  /** Every file and folder of the shared folder. */
  async everything(): Promise<string[]> {
    return (await readdir(this.shared, { recursive: true })).sort();
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
