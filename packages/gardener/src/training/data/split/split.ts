import type { Chunk } from '../../../codebase/chunk/chunk.js';
import type { ChunkedFile } from '../../../codebase/read/chunked-file.js';
import { present } from '../../../garden/errors/present.js';
import { GENERAL_CODE_MARKER } from '../general-code.js';
import { seededRandom } from '../random.js';
import { clusterNearDuplicates, forEachNearDuplicate, minHash } from './near-duplicates.js';

/** Files (and chunks: see `excludedLines`) are near-duplicates from this estimated Jaccard similarity on. */
const NEAR_DUPLICATE_SIMILARITY = 0.5;
/** A chunk that is this similar to a held-out chunk is not trained on. */
const NEAR_DUPLICATE_CHUNK_SIMILARITY = 0.7;
/**
 * What makes a chunk worthless for learning and for measuring (see codebase/quality.ts). Short or import lines
 * are not: they are real code.
 */
const WORTHLESS = new Set(['licence-header-only', 'minified', 'data-table', 'duplicated', 'generated']);
/**
 * Chunks shorter than this, such as an import block or a getter, look alike everywhere: a copy of one in the training
 * data gives nothing away.
 */
const MIN_DUPLICATE_CHARS = 120;
/** A file is left out when less than this share of its chunked text passes the quality bar. */
const MIN_GOOD_SHARE = 0.3;

/** One file of one side, with the lines that must not be used. */
export interface SplitFile {
  file: ChunkedFile;
  /** 1-based inclusive line ranges left out: low quality, secrets, copies of held-out code. Sorted, may overlap. */
  excludedLines: { startLine: number; endLine: number }[];
}

/** What was left out, by reason. */
export interface SplitFilters {
  filesLowQuality: number;
  chunksLowQuality: number;
  /** Places of masked secrets; their lines are left out. */
  secrets: number;
  /** Exact copies of a chunk that is already on the training side. */
  chunksDuplicate: number;
  /** Training chunks that copy held-out code. */
  chunksLikeHeldOut: number;
}

/** The sides of a codebase. No cluster of near-duplicate files has members on two sides. */
export interface FileSplit {
  train: SplitFile[];
  /** Chooses the best checkpoint during training; never scored for the gate. */
  validation: SplitFile[];
  /** Scores base against adapter. Seen by nothing else. */
  heldOut: SplitFile[];
  /** Paths that are in neither, each with its reason. */
  dropped: { path: string; reason: string }[];
  filters: SplitFilters;
}

export interface SplitOptions {
  seed: number;
  /** Share of the characters held out for scoring. Defaults to 1/8. */
  heldOutShare?: number;
  /**
   * Upper bound of the held-out side, in characters. Defaults to 80,000 (about 24,000 tokens) or 5 % of the codebase.
   */
  maxHeldOutChars?: number;
  /** Share of the characters for validation. Defaults to 1/16. */
  validationShare?: number;
  /** Upper bound of the validation side, in characters. Defaults to 24,000. */
  maxValidationChars?: number;
  /** Files that an adapter to continue from has seen, by path: nothing like them is held out. */
  seenBefore?: ReadonlySet<string>;
  /** Files, by path, that training is about: at least half of their code is trained on. Defaults to all. */
  focus?: ReadonlySet<string>;
}

/** Each measured side wants at least this many clusters of files: fewer give no interval. */
const MIN_HELD_OUT_FILES = 3;
const MIN_VALIDATION_FILES = 2;
/**
 * No one cluster may fill more than this share of a measured side, so that one big file does not stand for the project.
 */
const MAX_CLUSTER_SHARE = 0.34;

/**
 * Splits a codebase by file. Files whose five-token shingles are similar (MinHash, Jaccard 0.5) form a cluster and stay
 * on one side; single chunks of training files that copy held-out chunks are cut out as well. Which clusters are held
 * out is a seeded draw that prefers recently modified files two to one: they look most like the code to come.
 */
export function splitFiles(files: readonly ChunkedFile[], options: SplitOptions): FileSplit {
  const filters: SplitFilters = {
    filesLowQuality: 0,
    chunksLowQuality: 0,
    secrets: 0,
    chunksDuplicate: 0,
    chunksLikeHeldOut: 0,
  };
  const dropped: FileSplit['dropped'] = [];
  const usable: ChunkedFile[] = [];
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const reason = unusableReason(file);
    if (reason === null) usable.push(file);
    else dropped.push({ path: file.path, reason });
  }
  filters.filesLowQuality = dropped.length;

  const groups = drawSides(clusters(usable), options);
  const heldOut = groups.heldOut.map((file) => withoutBadChunks(file, filters));
  const validation = groups.validation.map((file) => withoutBadChunks(file, filters));
  const train = groups.train.map((file) => withoutBadChunks(file, filters));
  excludeCopies(train, [...heldOut, ...validation], filters);
  return { train, validation, heldOut, dropped, filters };
}

/** A cluster of near-duplicate files with its size in characters and its newest modification. */
interface Cluster {
  files: ChunkedFile[];
  chars: number;
  modifiedMs: number;
}

function clusters(files: readonly ChunkedFile[]): Cluster[] {
  const roots = clusterNearDuplicates(
    files.map((file) => file.text),
    NEAR_DUPLICATE_SIMILARITY,
  );
  const byRoot = new Map<number, Cluster>();
  for (const [index, file] of files.entries()) {
    const root = present(roots[index]);
    const cluster = byRoot.get(root) ?? { files: [], chars: 0, modifiedMs: 0 };
    cluster.files.push(file);
    cluster.chars += file.text.length;
    cluster.modifiedMs = Math.max(cluster.modifiedMs, file.modifiedMs);
    byRoot.set(root, cluster);
  }
  return [...byRoot.values()];
}

function drawSides(
  all: readonly Cluster[],
  options: SplitOptions,
): Record<'train' | 'validation' | 'heldOut', ChunkedFile[]> {
  const total = all.reduce((sum, cluster) => sum + cluster.chars, 0);
  const isSeen = ({ files }: Cluster) => files.some(({ path }) => options.seenBefore?.has(path));
  const unseen = weightedOrder(
    all.filter((cluster) => !isSeen(cluster)),
    options.seed,
  );
  const reserved = keptForTraining(unseen, options.focus);
  const queue = unseen.filter((cluster) => !reserved.has(cluster));
  const heldOutChars = Math.min(
    total * (options.heldOutShare ?? 1 / 8),
    options.maxHeldOutChars ?? Math.max(80_000, total / 20),
  );
  const validationChars = Math.min(
    total * (options.validationShare ?? 1 / 16),
    options.maxValidationChars ?? 24_000,
  );
  const heldOut = takeClusters(queue, heldOutChars, MIN_HELD_OUT_FILES);
  const validation = takeClusters(queue, validationChars, MIN_VALIDATION_FILES);
  const filesOf = (side: readonly Cluster[]): ChunkedFile[] => side.flatMap((cluster) => cluster.files);
  return {
    heldOut: filesOf(heldOut),
    validation: filesOf(validation),
    train: filesOf([...queue, ...reserved, ...all.filter(isSeen)]),
  };
}

/** Of the clusters that training is about the last ones of an order, half of their characters or more. */
function keptForTraining(
  order: readonly Cluster[],
  focus: ReadonlySet<string> | undefined,
): ReadonlySet<Cluster> {
  const kept = new Set<Cluster>();
  if (focus === undefined) return kept;
  const wanted = order.filter(({ files }) => files.some(({ path }) => focus.has(path)));
  const total = wanted.reduce((sum, { chars }) => sum + chars, 0);
  let chars = 0;
  for (const cluster of wanted.reverse()) {
    if (chars >= total / 2) break;
    kept.add(cluster);
    chars += cluster.chars;
  }
  return kept;
}

/** A seeded order of clusters in which those of the newer half come earlier two times out of three. */
function weightedOrder(all: readonly Cluster[], seed: number): Cluster[] {
  const random = seededRandom(seed, 'split');
  const dates = all.map((cluster) => cluster.modifiedMs).sort((a, b) => a - b);
  const median = dates[Math.floor(dates.length / 2)] ?? 0;
  // Efraimidis and Spirakis 2006: sorting by u^(1/weight) draws without replacement in proportion to the weights.
  const keyed = all.map((cluster) => ({
    cluster,
    key: random() ** (1 / (cluster.modifiedMs > median ? 2 : 1)),
  }));
  return keyed.sort((a, b) => b.key - a.key).map(({ cluster }) => cluster);
}

/** Moves clusters from the queue to a side until it is full. Clusters too large for the side are passed over. */
function takeClusters(queue: Cluster[], wantedChars: number, minClusters: number): Cluster[] {
  const side: Cluster[] = [];
  let chars = 0;
  for (const cluster of [...queue]) {
    if (chars >= wantedChars && side.length >= minClusters) break;
    const tooLarge = cluster.chars > wantedChars * MAX_CLUSTER_SHARE;
    if (tooLarge || chars + cluster.chars > wantedChars * 1.25) continue;
    side.push(cluster);
    chars += cluster.chars;
    queue.splice(queue.indexOf(cluster), 1);
  }
  // In a codebase of few files, or of very unequal ones, the draw may leave a side too small: it is filled with the
  // smallest clusters left, as long as most of the code stays for training.
  while (side.length < minClusters && queue.length > minClusters) {
    const smallest = queue.reduce((least, cluster) => (cluster.chars < least.chars ? cluster : least));
    side.push(...queue.splice(queue.indexOf(smallest), 1));
  }
  return side;
}

function isWorthless({ quality }: Chunk): boolean {
  return quality.reasons.some((reason) => WORTHLESS.has(reason));
}

/** Why a whole file is in neither side, or null. */
function unusableReason(file: ChunkedFile): string | null {
  if (file.text.includes(GENERAL_CODE_MARKER)) return 'general code of the forgetting check';
  let good = 0;
  let all = 0;
  for (const chunk of file.chunks) {
    all += chunk.text.length;
    if (!isWorthless(chunk)) good += chunk.text.length;
  }
  if (all === 0) return 'no code';
  return good / all < MIN_GOOD_SHARE ? 'low quality' : null;
}

function withoutBadChunks(file: ChunkedFile, filters: SplitFilters): SplitFile {
  const excludedLines: SplitFile['excludedLines'] = [];
  for (const chunk of file.chunks) {
    const lowQuality = isWorthless(chunk);
    if (lowQuality) filters.chunksLowQuality++;
    if (lowQuality) excludedLines.push({ startLine: chunk.startLine, endLine: chunk.endLine });
  }
  // The secrets themselves are masked already; a row of asterisks is nothing to learn from either.
  for (const { line, endLine } of file.secrets ?? []) excludedLines.push({ startLine: line, endLine });
  filters.secrets += file.secrets?.length ?? 0;
  return { file, excludedLines };
}

/** Cuts from the training side what is also in a measured side, and second copies of a chunk. */
function excludeCopies(train: SplitFile[], measured: readonly SplitFile[], filters: SplitFilters): void {
  const texts: string[] = [];
  const owners: ({ side: SplitFile; chunk: Chunk } | null)[] = [];
  const collect = (sides: readonly SplitFile[], isTrain: boolean): void => {
    for (const side of sides) {
      for (const chunk of side.file.chunks) {
        if (chunk.text.length < MIN_DUPLICATE_CHARS) continue;
        texts.push(chunk.text);
        owners.push(isTrain ? { side, chunk } : null);
      }
    }
  };
  collect(measured, false);
  collect(train, true);

  const excluded = new Set<number>();
  const exclude = (index: number, reason: 'chunksDuplicate' | 'chunksLikeHeldOut'): void => {
    const owner = owners[index];
    if (!owner || excluded.has(index)) return;
    excluded.add(index);
    filters[reason]++;
    owner.side.excludedLines.push({ startLine: owner.chunk.startLine, endLine: owner.chunk.endLine });
  };
  forEachNearDuplicate(texts.map(minHash), NEAR_DUPLICATE_CHUNK_SIMILARITY, (i, j) => {
    if (owners[i] === null) exclude(j, 'chunksLikeHeldOut');
    else if (texts[i] === texts[j]) exclude(j, 'chunksDuplicate');
  });
}
