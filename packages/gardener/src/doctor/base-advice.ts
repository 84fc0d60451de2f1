import type { Garden } from '../garden/garden.js';
import { type CatalogueEntry, listModels } from '../models/store/catalogue.js';
import { modelOnDisk } from '../models/store/model-store.js';
import { type Check, ok } from './check.js';
import { machineFacts } from './machine-facts.js';
import {
  type BaseAdvice,
  CANDIDATE_BASES,
  type MachineFacts,
  PASS_TOKENS,
  recommendBase,
} from './recommend-base.js';

/** The base that suits this machine, of those that can be trained, and what it takes. */
export interface AdvisedBase extends BaseAdvice {
  entry: CatalogueEntry;
}

/** Recommends a base of the catalogue for a machine; null where the catalogue has none that can be trained. */
export function adviseBase(machine: MachineFacts): AdvisedBase | null {
  const trainable = new Map(
    listModels().flatMap((entry) => (entry.trainable === false ? [] : [[entry.id, entry] as const])),
  );
  const advice = recommendBase(
    machine,
    CANDIDATE_BASES.filter(({ id }) => trainable.has(id)),
  );
  const entry = advice && trainable.get(advice.id);
  return advice && entry ? { ...advice, entry } : null;
}

/**
 * What a better base than the one in use would bring, in one line; null where the one in use is the one recommended.
 * @param baseModel the base in use
 */
export function adviceLine(
  { entry, passMs }: AdvisedBase,
  baseModel: string,
  isOnDisk: boolean,
): string | null {
  if (entry.id === baseModel) return null;
  const kept = isOnDisk ? 'on disk' : (sizeOf(entry) ?? 'to be fetched');
  const facts = [kept, ...(entry.licence === null ? [] : [entry.licence])].join(', ');
  const offline = isOnDisk ? '' : ` Without a network: gardener models pull ${entry.id} --from FILE.`;
  return `${entry.id} (${facts}) predicts code better${passWords(passMs)}: --base ${entry.id}.${offline}`;
}

/** Which base suits this machine, how long a training takes, and what it fetches. */
export async function checkBase({ paths, settings }: Garden, measure: boolean): Promise<Check> {
  const name = 'base model';
  const advised = adviseBase(await machineFacts(measure));
  if (advised === null) return ok(name, settings.baseModel);
  const isOnDisk = (await modelOnDisk(paths, advised.id)) !== null;
  const line = adviceLine(advised, settings.baseModel, isOnDisk);
  return ok(name, line ?? `${advised.id} suits this machine${passWords(advised.passMs)}`);
}

function passWords(passMs: number | null): string {
  if (passMs === null) return '';
  const tokens = PASS_TOKENS.toLocaleString('en-US');
  return `; training once through ${tokens} tokens of code takes about ${about(passMs)}`;
}

/** Rounded as an estimate is: whole minutes, above ten in fives. */
function about(durationMs: number): string {
  const minutes = durationMs / 60_000;
  if (minutes < 1.5) return 'a minute';
  return `${minutes < 10 ? Math.round(minutes) : Math.round(minutes / 5) * 5} minutes`;
}

/** As its hub tells sizes: `491 MB`; null where only the hub knows it. */
function sizeOf({ files }: CatalogueEntry): string | null {
  let bytes = 0;
  for (const file of files) {
    if (file.bytes === null) return null;
    bytes += file.bytes;
  }
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
