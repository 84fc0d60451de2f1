import type { FileWithFreshGaps, FreshGapsInput } from '../two-by-two/fresh-gaps.js';
import type { ComparedGap } from './compared-gaps.js';
import type { ComparedText } from './compared-texts.js';
import type { TextScore } from './text-scores.js';

/** What there is to compare on. */
export interface ComparedTexts {
  /** In the order in which they are scored: every file has its share of the first ones. */
  texts: ComparedText[];
  gaps: ComparedGap[];
  /** Bytes of code on the training side. */
  trainingBytes: number;
}

/** What one base, and its adapter, made of the texts. */
export interface MeasuredBase {
  /** Of the first texts, as many as the time allowed; the adapter's are of the same ones. */
  base: TextScore[];
  adapter: TextScore[] | null;
  /**
   * Of the first gaps: whether every token of the filling is the first choice. Null for a base that fills no gaps.
   */
  gaps: { base: boolean[]; adapter: boolean[] | null } | null;
  /** Why there is no `adapter` where one was given, one sentence. */
  adapterProblem: string | null;
  scoringTokensPerSecond: number;
  /** Measured in a few steps; null where the time or the memory did not allow one. */
  trainingTokensPerSecond: number | null;
  trainingMemoryBytes: number;
  /** Of the keys and values of a context of so many tokens, as llama.cpp keeps them, bytes. */
  contextMemoryBytes: number;
}

/** The settings of a training that bear on its speed and memory. */
export interface TrainingShape {
  rank: number;
  sequenceLength: number;
  /** 0: ONNX Runtime's choice. */
  threads: number;
  /** 0: the trainer's choice. */
  memoryBudgetBytes: number;
}

/** What the process that compares bases is asked. A process for each job: what it held in memory is gone with it. */
export interface CompareProtocol {
  setup: null;
  ready: null;
  jobs: {
    texts: {
      input: {
        root: string;
        maxFileBytes: number;
        /** The setting. */
        allowedSecrets: string;
        /** Name of the codebase. */
        repository: string;
        seed: number;
        /** Paths of the two sides; null to split the codebase anew. */
        sides: { heldOut: string[]; train: string[] } | null;
      };
      progress: { files: number };
      result: ComparedTexts;
    };
    gaps: { input: FreshGapsInput; progress: { files: number }; result: FileWithFreshGaps[] };
    measure: {
      input: {
        weights: string;
        /** A PEFT directory, and the strength that the adapter has when it answers. */
        adapter: { directory: string; strength: number } | null;
        texts: ComparedText[];
        gaps: ComparedGap[];
        scoringMs: number;
        /** For gaps; some are scored however little it is. */
        gapMs: number;
        trainingMs: number;
        contextTokens: number;
        shape: TrainingShape;
      };
      progress: { label: string; done: number; total: number | null };
      result: MeasuredBase;
    };
  };
}
