/** What is known of this machine when a base is recommended. */
export interface MachineFacts {
  /** In all, bytes. */
  memoryBytes: number;
  /** Cores that programs may use. */
  cores: number;
  /** Products added up a second, as the trainer would compute them; null where it was not measured. */
  multiplyAddsPerSecond: number | null;
}

/** A base that may be recommended: what training it takes. */
export interface CandidateBase {
  /** Id of the catalogue. */
  id: string;
  /** Numbers in its weights, each one factor of a product for every token. */
  parameters: number;
  /** Peak memory of training with the default settings, bytes, as the trainer estimates it. */
  trainingMemoryBytes: number;
}

/** What is recommended. */
export interface BaseAdvice {
  id: string;
  /** One pass of training over `PASS_TOKENS` tokens of code, estimated, ms; null where the speed is not known. */
  passMs: number | null;
}

/** The bases worth training, the one that predicts code best first. */
export const CANDIDATE_BASES: readonly CandidateBase[] = [
  { id: 'qwen2.5-coder-1.5b-instruct', parameters: 1_544e6, trainingMemoryBytes: 4.61e9 },
  { id: 'qwen2.5-coder-0.5b-instruct', parameters: 494e6, trainingMemoryBytes: 1.97e9 },
  { id: 'smollm2-135m-instruct', parameters: 135e6, trainingMemoryBytes: 0.95e9 },
];

/** What a pass is told of: a codebase of some 350 kB. */
export const PASS_TOKENS = 100_000;
/** Training may take so much of a machine's memory: a browser and an editor want theirs. */
const MEMORY_SHARE = 0.5;
/** A pass that takes longer than this is none that one waits for. */
const LONGEST_PASS_MS = 30 * 60_000;
/** With fewer cores, and no measurement, the largest base is not recommended. */
const CORES_FOR_LARGE = 8;
const LARGE_PARAMETERS = 1e9;
/**
 * Products of one trained token for each parameter, counted in those of a plain large product: two passes over the base
 * (forward, and back to the inputs), and what is no product but takes its time. Measured on a processor with AVX2:
 * 3.3 for the smallest base, 2.4 for that of half a billion; on one that multiplies faster more time goes elsewhere.
 */
const PRODUCTS_PER_PARAMETER = 2.8;

/**
 * The best base for a machine: the first candidate that leaves half of the memory alone and of which a pass ends within
 * half an hour, else the last one, which trains on any laptop.
 */
export function recommendBase(
  machine: MachineFacts,
  candidates: readonly CandidateBase[] = CANDIDATE_BASES,
): BaseAdvice | null {
  const fitting = candidates.find((candidate) => fits(candidate, machine)) ?? candidates.at(-1);
  return fitting === undefined ? null : { id: fitting.id, passMs: passTime(fitting, machine) };
}

function fits(candidate: CandidateBase, machine: MachineFacts): boolean {
  if (candidate.trainingMemoryBytes > machine.memoryBytes * MEMORY_SHARE) return false;
  const passMs = passTime(candidate, machine);
  if (passMs !== null) return passMs <= LONGEST_PASS_MS;
  return candidate.parameters < LARGE_PARAMETERS || machine.cores >= CORES_FOR_LARGE;
}

function passTime({ parameters }: CandidateBase, { multiplyAddsPerSecond }: MachineFacts): number | null {
  if (multiplyAddsPerSecond === null) return null;
  return (PASS_TOKENS * parameters * PRODUCTS_PER_PARAMETER * 1000) / multiplyAddsPerSecond;
}
