import { z } from 'zod';
import { fingerprintsOf, isFingerprint } from './fingerprints.js';
import { isOrigin, originsOf } from './origins.js';

/** Where a server is; empty where none is named. */
const address = z
  .string()
  .max(2_000)
  .refine(isAddress, 'an address begins with http:// or https:// and holds no spaces or line breaks')
  .default('');

const whole = (minimum: number, maximum: number) => z.number().int().min(minimum).max(maximum);

/** Of a kind of rows that nothing was measured to gain by: docs/recipe.md. */
const rowShare = z.number().min(0).max(0.9).default(0);

/** An adapter at more than this is far from anything that was trained. */
export const MAX_ADAPTER_STRENGTH = 1.5;

/** Trainings side by side on one machine. */
export const MAX_TRAINING_PARALLEL = 64;

/** What trains: onnx in a process of ours, the others in a Python environment of their own. */
export const ENGINE_NAMES = ['onnx', 'peft', 'mlx'] as const;

/** See `ENGINE_NAMES`. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Where an engine trains: on this machine, or as a job of a Ray cluster. */
export const PLACE_NAMES = ['local', 'ray'] as const;

/** See `PLACE_NAMES`. */
export type PlaceName = (typeof PLACE_NAMES)[number];

/** Every setting, with its default and one line of help. The single place where settings are declared. */
export const settingsSchema = z.strictObject({
  baseModel: z
    .string()
    .min(1)
    .default('smollm2-135m-instruct')
    .describe('Base model of new projects, an id of `gardener models list`.'),
  embeddingModel: z
    .string()
    .min(1)
    .default('all-minilm-l6-v2')
    .describe(
      'Model that embeds chunks and questions: an id of `gardener models list`, a directory with an ONNX model, or a name on the server.',
    ),
  embeddingProvider: z
    .enum(['catalogue', 'onnx', 'ollama', 'openai'])
    .default('catalogue')
    .describe(
      'Where embeddingModel is: in the catalogue, in a directory (onnx), on Ollama, or on a server that speaks the OpenAI API.',
    ),
  embeddingUrl: address.describe(
    'Address of the embedding server, such as http://127.0.0.1:1234/v1; Ollama is looked for on this machine.',
  ),
  embeddingApiKey: z.string().max(2_000).default('').describe('Key that the embedding server asks for.'),
  embeddingQueryPrefix: z
    .string()
    .max(500)
    .default('auto')
    .describe('What the embedding model wants before a question; auto takes what it is known to want.'),
  embeddingDocumentPrefix: z
    .string()
    .max(500)
    .default('auto')
    .describe('What the embedding model wants before a chunk; auto takes what it is known to want.'),
  embeddingCacheMegabytes: whole(0, 1e6)
    .default(1_024)
    .describe(
      'Room for the embeddings kept of one model, in MB: 1,024 hold some 690,000 chunks. Those used longest ago go first.',
    ),
  runtimeProvider: z
    .enum(['llama-cpp', 'ollama', 'openai'])
    .default('llama-cpp')
    .describe(
      'What runs the base model: llama.cpp in a process of ours, Ollama, or a server that speaks the OpenAI API (vLLM, LM Studio, llama-server).',
    ),
  runtimeUrl: address.describe(
    'Address of the server that runs the model; empty for Ollama on this machine. A server elsewhere gets your questions and the code in the prompts.',
  ),
  runtimeApiKey: z.string().max(2_000).default('').describe('Key that the server asks for.'),
  runtimeModel: z
    .string()
    .max(500)
    .default('')
    .describe(
      "Name of the base model on the server; must be the project's base, or its adapters do not fit.",
    ),
  keptAdapters: whole(1, 64)
    .default(3)
    .describe('Adapters kept ready to answer at once; each holds a context of its own in memory.'),
  contextTokens: whole(512, 1_048_576)
    .default(4_096)
    .describe("Tokens of prompt and answer together; the base model's own limit where that is lower."),
  engine: z
    .enum(ENGINE_NAMES)
    .default('onnx')
    .describe(
      'What trains: onnx (the processor, nothing to install), peft (PyTorch: NVIDIA, Apple, the processor) or mlx (Apple silicon).',
    ),
  engineDevice: z
    .enum(['auto', 'cuda', 'mps', 'cpu'])
    .default('auto')
    .describe('Where the engines peft and mlx compute; auto takes a GPU where there is one.'),
  enginePrecision: z
    .enum(['auto', 'float32', 'bfloat16', '4bit'])
    .default('auto')
    .describe('What the engines peft and mlx compute in; 4bit (QLoRA) needs an NVIDIA GPU.'),
  enginePython: z
    .string()
    .max(2_000)
    .default('')
    .describe(
      "A Python of your own that has an engine's packages, such as a conda environment's; empty for what `gardener doctor --install` made.",
    ),
  place: z
    .enum(PLACE_NAMES)
    .default('local')
    .describe('Where an adapter is trained: local (this machine) or ray (a job of a Ray cluster).'),
  rayAddress: address
    .default('http://127.0.0.1:8265')
    .describe(
      "Address of the Ray cluster's dashboard, which takes its jobs; https, unless it is on this machine.",
    ),
  rayToken: z.string().max(2_000).default('').describe('Token that the Ray cluster asks for.'),
  rayInsecure: z
    .boolean()
    .default(false)
    .describe(
      'Speak http to a Ray cluster that is not on this machine: whoever is on the way reads the token and can submit jobs.',
    ),
  rayParallel: whole(1, 1_000)
    .default(2)
    .describe('Trainings of this data directory that are at Ray at once; others wait for their turn here.'),
  rayCpus: whole(1, 1_024)
    .default(2)
    .describe('Processors that a training asks of the Ray cluster; it computes with as many threads.'),
  rayDataDirectory: z
    .string()
    .max(2_000)
    .refine(
      (path) => path === '' || path.startsWith('/'),
      'it is a path from the root, such as /mnt/gardener',
    )
    .default('')
    .describe("Where Ray's workers see this data directory; empty where they see it at the same path."),
  rayPackage: z
    .string()
    .max(2_000)
    .refine((path) => path === '' || path.startsWith('/'), 'it is a path from the root')
    .default('')
    .describe(
      "Folder of the package codebase-gardener on Ray's workers, such as /usr/lib/node_modules/codebase-gardener; empty for this installation, at the same path.",
    ),
  packageIndex: address.describe(
    "Package index that `gardener doctor --install` takes engines from; empty for pip's or uv's own settings.",
  ),
  budgetMs: whole(1_000, 7 * 24 * 3_600_000)
    .default(20 * 60_000)
    .describe('Time for training and evaluation together, in milliseconds.'),
  rank: whole(1, 256).default(16).describe('Rank of the LoRA adapter.'),
  alpha: z
    .number()
    .positive()
    .max(4096)
    .default(32)
    .describe('LoRA alpha: the adapter is scaled by alpha / rank.'),
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .describe('Dropout on the input of the adapter while training, 0 to 0.9.'),
  learningRate: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'Highest learning rate of the schedule; 0 takes what suits the base: 0.0014 for SmolLM2-135M, 0.0003 for Qwen2.5-Coder-0.5B and larger ones.',
    ),
  bodyRowShare: rowShare.describe(
    'Share of the code tokens of a training that rows take which give a signature and its docstring and learn the body, 0 to 0.9.',
  ),
  relatedRowShare: rowShare.describe(
    'Share of the code tokens of a training that rows take which have declarations of imported names before the file, 0 to 0.9.',
  ),
  commitRowShare: rowShare.describe(
    "Share of the code tokens of a training that rows take which give a commit's message and the code around an edit and learn its lines, 0 to 0.9; needs a git history.",
  ),
  recentEditWeight: z
    .number()
    .min(0.1)
    .max(10)
    .default(1)
    .describe(
      'How many times as many gap rows the recently edited half of the files gives to a training as the others.',
    ),
  testRowWeight: z
    .number()
    .min(0.01)
    .max(10)
    .default(0.5)
    .describe(
      'What a row of a test counts for where a training has not time for all rows, against 1 for a row of other code.',
    ),
  sequenceLength: whole(16, 32_768).default(256).describe('Tokens of one training row.'),
  threads: whole(0, 1024)
    .default(0)
    .describe('Threads for training and inference; 0 takes one for each physical core.'),
  trainingMemoryMegabytes: whole(0, 1e6)
    .default(0)
    .describe(
      'Memory a training process may take, in MB; it computes in smaller pieces to stay below. 0 takes the smaller of 4 GB and half of what is free.',
    ),
  trainingParallel: whole(1, MAX_TRAINING_PARALLEL)
    .default(1)
    .describe(
      'Trainings that go on side by side on this machine; where threads is 0 they share the cores, and each begins when the memory for it is free.',
    ),
  yieldToOthers: z
    .boolean()
    .default(true)
    .describe('Training rests half of the time while other programs use more than half of the machine.'),
  trainOnBattery: z
    .boolean()
    .default(false)
    .describe('Train while the machine runs on battery; otherwise training waits for mains power.'),
  maxFileBytes: whole(1, 1024 ** 3)
    .default(1024 ** 2)
    .describe('Files larger than this many bytes are skipped.'),
  allowedSecrets: z
    .string()
    .max(100_000)
    .refine(
      (list) => fingerprintsOf(list).every(isFingerprint),
      'a fingerprint is the 12 digits 0-9 and a-f that `gardener status --secrets` shows beside a secret; never the secret itself',
    )
    .default('')
    .describe(
      'What looks like a secret and is none: the fingerprints that `gardener status --secrets` shows, several with commas. The next refresh indexes it as it is, in every file.',
    ),
  maxDiskMegabytes: whole(0, 1e9)
    .default(0)
    .describe(
      'Room that the data directory may take, in MB. After each run old checkpoints, cached embeddings, adapters, runs and logs go until it fits; models, indexes and conversations stay. 0 sets no limit.',
    ),
  suggestionConfidence: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe(
      'Editors are shown nothing whose first line the model holds less likely than this, as a mean of its tokens. 0 shows everything.',
    ),
  gateMargin: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe(
      "How much lower the adapter's held-out loss must be to be promoted, as a share of the base model's.",
    ),
  adapterStrength: z
    .union([z.literal('auto'), z.number().min(0).max(MAX_ADAPTER_STRENGTH)], {
      error: `it is "auto" or a number from 0 to ${MAX_ADAPTER_STRENGTH}`,
    })
    .default('auto')
    .describe(
      'How much of its own effect an adapter has: 1 as it was trained, 0 none, 1.5 at most. auto takes 1, or less where that fitted the validation files of its training clearly better or general code would be forgotten.',
    ),
  minTrainingTokens: whole(0, 1e12)
    .default(20_000)
    .describe('A codebase with fewer tokens to train on gets an index but no adapter.'),
  checkpointEveryMs: whole(100, 24 * 3_600_000)
    .default(30_000)
    .describe('Time between two checkpoints of a training run, in milliseconds.'),
  allowedOrigins: z
    .string()
    .max(2_000)
    .refine(
      (list) => originsOf(list).every(isOrigin),
      'an origin is a scheme, a host and perhaps a port, as in https://vscode.dev',
    )
    .default('')
    .describe(
      'Origins of web pages that may use the server like you, such as http://127.0.0.1:3000 where VS Code for the Web runs; several with commas, none by default.',
    ),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('How much is written to the log file.'),
});

/** See `settingsSchema`. */
export type Settings = z.infer<typeof settingsSchema>;

/** The name of one setting. */
export type SettingKey = keyof Settings;

const ENVIRONMENT_PREFIX = 'CODEBASE_GARDENER_';

/** `budgetMs` -> `CODEBASE_GARDENER_BUDGET_MS`. */
export function environmentName(key: SettingKey): string {
  return ENVIRONMENT_PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** Whether a setting has this name. */
export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(settingsSchema.shape, key);
}

/** All keys, in the order of the schema. */
export function settingKeys(): SettingKey[] {
  return Object.keys(settingsSchema.shape) as SettingKey[];
}

/** One row for the documentation of each setting. */
export function describeSettings(): {
  key: SettingKey;
  environment: string;
  defaultValue: unknown;
  description: string;
}[] {
  const defaults = settingsSchema.parse({}) as Record<string, unknown>;
  return settingKeys().map((key) => ({
    key,
    environment: environmentName(key),
    defaultValue: defaults[key],
    description: settingsSchema.shape[key].description ?? '',
  }));
}

function isAddress(text: string): boolean {
  return text === '' || (/^https?:\/\/[^\s\p{Cc}]+$/iu.test(text) && URL.canParse(text));
}

/** Which key goes to which address: it is meant for that server and no other. */
export const KEY_OF_ADDRESS = {
  embeddingUrl: 'embeddingApiKey',
  runtimeUrl: 'runtimeApiKey',
  rayAddress: 'rayToken',
} as const;
