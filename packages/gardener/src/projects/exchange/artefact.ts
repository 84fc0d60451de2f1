import { createHash } from 'node:crypto';
import { z } from 'zod';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { MAX_ADAPTER_STRENGTH } from '../../garden/settings/settings.js';
import { MANIFEST_FILE } from '../../training/adapters/adapter-manifest.js';
import { GGUF_FILE, PEFT_FILES, SCORECARD_FILE } from '../../training/adapters/adapter-store.js';

/** Says what is there, for one project; written last. */
export const ARTEFACT_FILE = 'artefact.json';
/** An artefact's manifest has a kilobyte; a hostile one must not fill the memory. */
export const MAX_ARTEFACT_BYTES = 1 << 16;

const SCHEMA_VERSION = 1;
const MIB = 1 << 20;
/** What an artefact consists of, and how large each file can be at most. */
const MAX_BYTES: Readonly<Record<string, number>> = {
  ...{ [PEFT_FILES[0]]: MIB, [MANIFEST_FILE]: MIB, [SCORECARD_FILE]: MIB },
  ...{ [PEFT_FILES[1]]: 8_192 * MIB, [GGUF_FILE]: 8_192 * MIB },
};
const REQUIRED = [...PEFT_FILES, GGUF_FILE, MANIFEST_FILE];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'it is no sha256');
/** Printed on terminals. */
const label = z.string().regex(/^\P{Cc}{1,300}$/u, 'it is no name');

const fileSchema = z
  // Names of a list, no paths: the manifest cannot lead anywhere.
  .object({ name: z.enum(Object.keys(MAX_BYTES)), bytes: z.int().nonnegative(), sha256 })
  .refine(({ name, bytes }) => bytes <= (MAX_BYTES[name] ?? 0), 'it is larger than such a file can be');

const artefactSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** sha256 of the list of files: the same files have the same one, whoever pushed them. Names their folder. */
  id: sha256,
  /** Of the machine that pushed it, where versions are counted on their own. */
  project: label,
  version: z.int().positive(),
  /** The base it was trained on; hashes are sha256 in hexadecimal. */
  base: z.object({
    name: label,
    weightsHash: sha256,
    tokenizerHash: z.string().max(100),
    templateHash: z.string().max(100),
  }),
  /** How much of its own effect it has when it answers; a server that reads the files has to be told. */
  strength: z.number().positive().max(MAX_ADAPTER_STRENGTH),
  /** Whether its gate promoted it; null where it was not evaluated. */
  promoted: z.boolean().nullable(),
  pushedAt: z.iso.datetime(),
  files: z
    .array(fileSchema)
    .max(REQUIRED.length + 1)
    .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, 'a name is there twice')
    .refine(
      (files) => REQUIRED.every((name) => files.some((file) => file.name === name)),
      'a file is left out',
    ),
});

/** artefact.json: an adapter in a store. */
export type Artefact = z.infer<typeof artefactSchema>;
/** One file of an artefact. */
export type ArtefactFile = Artefact['files'][number];

/** The artefact of these files and facts. */
export function makeArtefact(facts: Omit<Artefact, 'schemaVersion' | 'id'>): Artefact {
  return { ...facts, schemaVersion: SCHEMA_VERSION, id: contentId(facts.files) };
}

/**
 * Checks the text of an artefact.json.
 * @param place where it is, for the error
 * @throws GardenerError `training.artefact-damaged`, `training.artefact-newer`
 */
export function parseArtefact(text: string, place: string): Artefact {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw damagedArtefact(place, `${ARTEFACT_FILE} is not JSON`, cause);
  }
  const version = z.looseObject({ schemaVersion: z.int() }).safeParse(json).data?.schemaVersion ?? 0;
  if (version > SCHEMA_VERSION) {
    throw new GardenerError(
      'training.artefact-newer',
      `The adapter in ${place} was pushed by a newer version.`,
      {
        remedy: 'Update Codebase Gardener: gardener upgrade.',
        details: { schemaVersion: version, supported: SCHEMA_VERSION },
      },
    );
  }
  const { data, error } = artefactSchema.safeParse(json);
  if (data === undefined) {
    const issue = error.issues[0];
    throw damagedArtefact(place, `"${issue?.path.join('.')}" of ${ARTEFACT_FILE}: ${issue?.message}`, error);
  }
  if (data.id !== contentId(data.files)) {
    throw damagedArtefact(place, `the id in ${ARTEFACT_FILE} is not that of its files`);
  }
  return data;
}

/** An artefact that is not as its manifest says. */
export function damagedArtefact(place: string, why: string, cause?: unknown): GardenerError {
  return new GardenerError(
    'training.artefact-damaged',
    `What was pushed to ${place} is damaged or incomplete: ${why.replace(/\.$/, '')}.`,
    {
      remedy: 'Push it again from the machine that has it: gardener push <project> --to <folder>.',
      details: { place },
      cause,
    },
  );
}

function contentId(files: readonly ArtefactFile[]): string {
  const lines = files.map(({ name, bytes, sha256 }) => `${name} ${bytes} ${sha256}\n`).sort();
  return createHash('sha256').update(lines.join('')).digest('hex');
}
