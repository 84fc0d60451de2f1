import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { GardenPaths } from '../../garden/files/paths.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { GenerationOptions } from '../../models/runtime/runtime.js';
import { servedName } from '../../models/served-adapters.js';
import type { BaseIdentity } from '../../models/store/base-identity.js';
import {
  type AdapterManifest,
  checkAdapterManifest,
  readAdapterManifest,
} from '../../training/adapters/adapter-manifest.js';
import { GGUF_FILE, readScorecard } from '../../training/adapters/adapter-store.js';
import { type Use, whoServes } from '../../training/evaluation/uses/who-serves.js';

/** Verdicts kept; an adapter is hashed once and not before every answer. */
const MAX_VERDICTS = 100;

/** What answers for a project. */
export interface ChosenAdapter {
  /** null = the base model answers. */
  version: number | null;
  file: string | null;
  /** Name by which a server knows it. */
  name: string | null;
  /** How much of its own effect it has; 0 for the base. */
  strength: number;
  /** One sentence why, with the remedy where there is one. */
  reason: string;
}

/** A chosen adapter as a runtime is told of it. */
export function adapterOptions({
  file,
  name,
  strength,
}: ChosenAdapter): Pick<GenerationOptions, 'adapter' | 'adapterName' | 'adapterStrength'> {
  return { adapter: file, adapterStrength: strength, ...(name !== null && { adapterName: name }) };
}

/** The choice of the base model, for a stated reason. */
export function baseOnly(reason: string): ChosenAdapter {
  return { version: null, file: null, name: null, strength: 0, reason };
}

/** Chooses what answers for a project, and checks an adapter against the base model before it is used. */
export class AdapterChooser {
  readonly #paths: GardenPaths;
  /** By file, size, times and base. */
  readonly #verdicts = new LRUCache<string, Promise<Verdict>>({ max: MAX_VERDICTS });

  constructor(paths: GardenPaths) {
    this.#paths = paths;
  }

  /**
   * The promoted adapter of a project if it can be used, else the base model with the reason. Base, tokenizer and
   * template must be those that the adapter's manifest names, and its file the one that was written.
   * @param base null where the base model is not on this machine: then only its name is compared
   * @param use what it is for: the gate may have left one of an adapter's uses to the base. Defaults to any
   * @param strength wanted, 0 to 1.5; at 0 the base answers. Null (the default) takes what its training chose
   */
  async choose(
    project: Pick<ProjectRecord, 'id' | 'name' | 'baseModel' | 'promotedAdapter'>,
    base: BaseIdentity | null,
    use: Use | null = null,
    strength: number | null = null,
  ): Promise<ChosenAdapter> {
    const version = project.promotedAdapter;
    if (version === null) return baseOnly('No adapter is promoted, so the base model answers.');
    if (strength === 0) return baseOnly('The adapter has strength 0, so the base model answers.');
    const directory = this.#paths.adapter(project.id, version);
    const file = join(directory, GGUF_FILE);
    const remedy = `choose another with gardener promote ${project.name}, or train again`;
    const refuse = (why: string) => baseOnly(`${why}, so the base model answers: ${remedy}.`);
    const facts = await stat(file).catch(() => null);
    if (!facts?.isFile()) return refuse(`The file of adapter ${version} is missing`);
    const key = JSON.stringify([file, facts.ino, facts.size, facts.mtimeMs, project.baseModel, base]);
    const verdict = await this.#verdict(key, () => judge(directory, version, project.baseModel, base));
    if ('fault' in verdict) return refuse(verdict.fault);
    const served = whoServes(await readScorecard(this.#paths, project.id, version));
    if (use !== null && served[use].by === 'base')
      return baseOnly(`The gate left this to the base model. ${served[use].reason}`);
    const used = strength ?? verdict.strength;
    const name = `${servedName(project.id)}-v${version}`;
    return {
      version,
      file,
      // A server that is given the exported adapter applies it at the adapter's own strength.
      name: used === verdict.strength ? name : `${name}-at-${used}`,
      strength: used,
      reason: `Adapter ${version} answers${used === 1 ? '' : ` at strength ${used}`}.`,
    };
  }

  #verdict(key: string, check: () => Promise<Verdict>): Promise<Verdict> {
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = check();
    this.#verdicts.set(key, verdict);
    verdict.catch(() => this.#verdicts.delete(key));
    return verdict;
  }
}

/** Why an adapter cannot be used, without a full stop, or the strength that its training chose. */
type Verdict = { fault: string } | { strength: number };

async function judge(
  directory: string,
  version: number,
  baseModel: string,
  base: BaseIdentity | null,
): Promise<Verdict> {
  let manifest: AdapterManifest;
  try {
    manifest = await readAdapterManifest(directory);
  } catch (error) {
    if (!GardenerError.isInstance(error)) throw error;
    return { fault: `The manifest of adapter ${version} cannot be used` };
  }
  const trained = manifest.base;
  if (base === null && trained.name !== baseModel)
    return { fault: `Adapter ${version} was trained on ${trained.name} and not on ${baseModel}` };
  const hash = manifest.files[GGUF_FILE];
  const [fault] = await checkAdapterManifest(
    // Only the file that serves is checked; the adapter's other format may be missing.
    { ...manifest, files: hash === undefined ? {} : { [GGUF_FILE]: hash } },
    {
      name: base?.name ?? baseModel,
      weightsHash: base?.weightsHash ?? trained.weightsHash,
      tokenizerHash: base?.tokenizerHash ?? trained.tokenizerHash,
      templateHash: base?.templateHash ?? trained.templateHash,
    },
    directory,
  );
  if (fault === undefined) return { strength: manifest.strength };
  return { fault: `Adapter ${version} was refused (${fault.replace(/\.$/, '')})` };
}
