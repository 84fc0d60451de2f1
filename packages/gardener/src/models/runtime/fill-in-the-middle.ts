import { GardenerError } from '../../garden/errors/garden-error.js';

/** The tokens between which a base model fills a gap in. */
export interface GapTokens {
  prefix: number;
  suffix: number;
  /** Before the filling; null where the model begins right after the text before the gap. */
  middle: number | null;
  /** What the model writes behind the filling; null where its vocabulary has no such token. */
  end: number | null;
  /** What stands before the name of a repository and before each of its files; null where the model knows neither. */
  repository: { name: number; file: number } | null;
}

/** How a family of models spells its gap tokens. */
export interface Spelling {
  prefix: string;
  suffix: string;
  middle: string | null;
  end: string;
  repository?: { name: string; file: string };
}

/**
 * Text before the gap, text after it, filling, end, in the spelling of each family. Qwen2.5-Coder
 * (https://arxiv.org/abs/2409.12186, also Granite 3, Seed); StarCoder and StarCoder2 (https://arxiv.org/abs/2402.19173,
 * also Granite Code, SmolLM's code variants); CodeLlama; DeepSeek-Coder; CodeGemma shares Qwen's; Codestral has no
 * token for the middle and wants the text after the gap first.
 */
export const SPELLINGS: readonly Spelling[] = [
  {
    ...{ prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>', end: '<|endoftext|>' },
    repository: { name: '<|repo_name|>', file: '<|file_sep|>' },
  },
  {
    ...{ prefix: '<fim_prefix>', suffix: '<fim_suffix>', middle: '<fim_middle>', end: '<|endoftext|>' },
    repository: { name: '<repo_name>', file: '<file_sep>' },
  },
  { prefix: '<fim-prefix>', suffix: '<fim-suffix>', middle: '<fim-middle>', end: '<|endoftext|>' },
  { prefix: '▁<PRE>', suffix: '▁<SUF>', middle: '▁<MID>', end: '▁<EOT>' },
  {
    ...{ prefix: '<｜fim▁begin｜>', suffix: '<｜fim▁hole｜>', middle: '<｜fim▁end｜>' },
    end: '<｜end▁of▁sentence｜>',
  },
  { prefix: '[PREFIX]', suffix: '[SUFFIX]', middle: null, end: '</s>' },
];

/**
 * The fill-in-the-middle tokens of a vocabulary, by their names; null where it has none.
 * @param idOf the token whose text is exactly this one, or undefined
 */
export function findGapTokens(idOf: (text: string) => number | undefined): GapTokens | null {
  for (const spelling of SPELLINGS) {
    const prefix = idOf(spelling.prefix);
    const suffix = idOf(spelling.suffix);
    const middle = spelling.middle === null ? null : idOf(spelling.middle);
    if (prefix === undefined || suffix === undefined || middle === undefined) continue;
    const name = spelling.repository && idOf(spelling.repository.name);
    const file = spelling.repository && idOf(spelling.repository.file);
    const repository = name === undefined || file === undefined ? null : { name, file };
    return { prefix, suffix, middle, end: idOf(spelling.end) ?? null, repository };
  }
  return null;
}

/** Where a file is, and other code of its project: for bases that know a repository, and for those that do not. */
export interface Place {
  /** Name of the codebase. */
  repository: string;
  path: string;
  /** Other code of the project, farthest first. */
  files: readonly { path: string; text: string }[];
  /** The same as code with paths in comments, to stand before the file's text where the base knows no repository. */
  comments: string;
}

/** A gap and what is known around it. */
export interface Gap {
  /** Text of the file before and after the gap. */
  before: string;
  after: string;
  place?: Place;
}

/** All tokens of a format: none of them is ever part of a filling. */
export function markerTokens({ prefix, suffix, middle, end, repository }: GapTokens): ReadonlySet<number> {
  const all = [prefix, suffix, middle, end, repository?.name ?? null, repository?.file ?? null];
  return new Set(all.filter((token) => token !== null));
}

/** What stands before a place where the base continues plain text: paths are comments, as above training windows. */
export function continuedText({ before, place }: Pick<Gap, 'before' | 'place'>): string {
  return `${place?.comments ?? ''}${before}`;
}

/**
 * The tokens of a prompt whose continuation is the filling: other files in the base's repository format,
 * where it has one, else as comments, then the text before and after the gap. Training and serving make
 * their prompts here, so that they cannot differ.
 * @param encode gives ordinary tokens only: markup in a file's text stays text
 * @throws GardenerError `models.no-fill-in-the-middle`
 */
export function encodeGap(
  encode: (text: string) => Int32Array,
  tokens: GapTokens | null,
  gap: Gap,
): Int32Array {
  if (tokens === null) throw noFillInTheMiddle();
  const { prefix, suffix, middle, repository } = tokens;
  const known = repository !== null && gap.place ? encodePlace(encode, repository, gap.place) : null;
  const context = known ?? [];
  const before = encode(known === null ? continuedText(gap) : gap.before);
  const after = encode(gap.after);
  return middle === null
    ? Int32Array.from([...context, suffix, ...after, prefix, ...before])
    : Int32Array.from([...context, prefix, ...before, suffix, ...after, middle]);
}

function encodePlace(
  encode: (text: string) => Int32Array,
  { name, file }: NonNullable<GapTokens['repository']>,
  { repository, path, files }: Place,
): number[] {
  const others = files.flatMap((other) => [file, ...encode(`${other.path}\n${other.text.trimEnd()}\n`)]);
  return [name, ...encode(`${repository}\n`), ...others, file, ...encode(`${path}\n`)];
}

/** The error of a base model that can only continue a text. */
export function noFillInTheMiddle(): GardenerError {
  return new GardenerError(
    'models.no-fill-in-the-middle',
    'This base model cannot fill a gap in: it has no fill-in-the-middle tokens.',
    {
      remedy:
        'Leave the suffix out, or choose a base model made for code, such as qwen2.5-coder-0.5b-instruct.',
    },
  );
}
