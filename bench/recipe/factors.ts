import type { OptimizerOptions, TargetModule } from '@codebase-gardener/lora';
import type { RowOrder } from '../../packages/gardener/src/training/data/rows/row-order.js';
import { NO_MORE_ROWS, type RowWeights } from '../../packages/gardener/src/training/data/rows/row-weights.js';

/** What a training is made with. */
export interface Recipe {
  /** Undefined: what suits the base. */
  learningRate: number | undefined;
  rank: number;
  alpha: number;
  modules: readonly TargetModule[];
  /** Share of the blocks, the last ones, whose matrices are trained. */
  trainedShare: number;
  /** Beside the learning rate. */
  optimizer: Omit<OptimizerOptions, 'learningRate'>;
  /** Rows of a step. */
  accumulation: number;
  /** Undefined: what suits the base. */
  gapShare: number | undefined;
  instructionShare: number;
  rows: RowWeights;
  /** Which rows are learned from where there is not time for all. */
  order: RowOrder;
  /** Of the drawing of rows. */
  seed: number;
  /** Tokens of the rows that are learned, as many tokens in all. Undefined: as those of the rows that are scored. */
  sequenceLength: number | undefined;
  /** Share of the steps, the last ones, whose states are averaged; 0 takes the last state. */
  averaged: number;
  /** How much of its effect the adapter has when it is scored; above 1 it goes on in the direction learned. */
  strength: number;
}

const ATTENTION: readonly TargetModule[] = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];
const MLP: readonly TargetModule[] = ['gate_proj', 'up_proj', 'down_proj'];

/** As the product trains. */
export const USUAL: Recipe = {
  learningRate: undefined,
  rank: 16,
  alpha: 32,
  modules: [...ATTENTION, ...MLP],
  trainedShare: 1,
  optimizer: {},
  accumulation: 1,
  gapShare: undefined,
  instructionShare: 0.15,
  rows: NO_MORE_ROWS,
  order: 'coverage',
  seed: 1,
  sequenceLength: undefined,
  averaged: 0,
  strength: 1,
};

/** One factor with the values that are tried beside the usual one. */
export interface Factor {
  name: string;
  /** One sentence for the table. */
  what: string;
  usual: string;
  values: ReadonlyMap<string, Partial<Recipe>>;
}

function factor(name: string, what: string, usual: string, values: [string, Partial<Recipe>][]): Factor {
  return { name, what, usual, values: new Map(values) };
}

const rows = (change: Partial<RowWeights>): Partial<Recipe> => ({ rows: { ...NO_MORE_ROWS, ...change } });

/** Changed one at a time; everything else stays as usual. */
export const FACTORS: readonly Factor[] = [
  factor('learningRate', 'Highest learning rate.', "the base's", [
    ['0.0003', { learningRate: 3e-4 }],
    ['0.0005', { learningRate: 5e-4 }],
    ['0.001', { learningRate: 1e-3 }],
    ['0.002', { learningRate: 2e-3 }],
    ['0.004', { learningRate: 4e-3 }],
  ]),
  factor('rank', 'Rank, with alpha twice the rank.', '16', [
    ['4', { rank: 4, alpha: 8 }],
    ['8', { rank: 8, alpha: 16 }],
    ['32', { rank: 32, alpha: 64 }],
    ['64', { rank: 64, alpha: 128 }],
  ]),
  factor(
    'rank at 0.001',
    'Rank, with alpha twice the rank, at a learning rate of 0.001, which is too high for a wide base.',
    "16, the base's rate",
    [
      ['8', { rank: 8, alpha: 16, learningRate: 1e-3 }],
      ['16', { learningRate: 1e-3 }],
      ['32', { rank: 32, alpha: 64, learningRate: 1e-3 }],
    ],
  ),
  factor('modules', 'Which linear modules are trained.', 'all seven', [
    ['attention', { modules: ATTENTION }],
    ['mlp', { modules: MLP }],
    ['q and v', { modules: ['q_proj', 'v_proj'] }],
  ]),
  factor(
    'trainedShare',
    'Share of the blocks, the last ones, that are trained; nothing is computed backwards through the others.',
    '1',
    [
      ['0.25', { trainedShare: 0.25 }],
      ['0.5', { trainedShare: 0.5 }],
      ['0.75', { trainedShare: 0.75 }],
    ],
  ),
  factor(
    'loraPlus',
    // The gradient's scale is nothing to Adam: B at a rate s times as high is B at the same rate, s times as large.
    'LoRA+: a rate for B that is so many times as high. As B begins at zero, that is alpha so many times as large.',
    '1',
    [
      ['2', { alpha: 64 }],
      ['4', { alpha: 128 }],
      ['16', { alpha: 512 }],
    ],
  ),
  factor('gapShare', 'Share of the code tokens that rows with a gap to complete take.', "the base's", [
    ['0', { gapShare: 0 }],
    ['0.25', { gapShare: 0.25 }],
    ['0.75', { gapShare: 0.75 }],
    ['0.9', { gapShare: 0.9 }],
  ]),
  factor('order', 'Which rows are learned from where there is not time for all.', 'coverage', [
    ['drawn by chance', { order: 'drawn' }],
  ]),
  factor('testRowWeight', 'What rows of tests count for in the order of rows.', '0.5', [
    ['0.25', rows({ tests: 0.25 })],
    ['1', rows({ tests: 1 })],
  ]),
  factor('recipe of others', 'Rows drawn by chance, no chats, and gaps as others have them.', 'ours', [
    ['windows alone', { order: 'drawn', gapShare: 0, instructionShare: 0 }],
    ['nine gaps of ten', { order: 'drawn', gapShare: 0.9, instructionShare: 0 }],
  ]),
  factor('sequenceLength', 'Tokens of a row that is learned; as many tokens in all.', '256', [
    ['128', { sequenceLength: 128 }],
    ['512', { sequenceLength: 512 }],
  ]),
  factor('averaged', 'Share of the steps, the last ones, whose states are averaged.', '0, the last state', [
    ['0.1', { averaged: 0.1 }],
    ['0.3', { averaged: 0.3 }],
  ]),
  factor('strength', 'How much of its effect the adapter has, of the same training.', '1', [
    ['0.5', { strength: 0.5 }],
    ['0.75', { strength: 0.75 }],
    ['1.25', { strength: 1.25 }],
    ['1.5', { strength: 1.5 }],
  ]),
  factor(
    'seed',
    'Rows drawn by chance, with other seeds than `order` has: how far apart such trainings are.',
    'coverage',
    [
      ['2', { order: 'drawn', seed: 2 }],
      ['3', { order: 'drawn', seed: 3 }],
    ],
  ),
  factor('instructionShare', 'Share of questions and answers.', '0.15', [
    ['0', { instructionShare: 0 }],
    ['0.05', { instructionShare: 0.05 }],
    ['0.3', { instructionShare: 0.3 }],
  ]),
  factor('bodyRowShare', 'Rows that give signature and docstring and learn the body.', '0', [
    ['0.15', rows({ bodies: 0.15 })],
    ['0.3', rows({ bodies: 0.3 })],
  ]),
  factor('relatedRowShare', 'Gap rows with declarations of imported names before the file.', '0', [
    ['0.15', rows({ related: 0.15 })],
    ['0.3', rows({ related: 0.3 })],
  ]),
  factor(
    'commitRowShare',
    "Rows that give a commit's message and the code around an edit and learn its lines.",
    '0',
    [
      ['0.15', rows({ commits: 0.15 })],
      ['0.3', rows({ commits: 0.3 })],
    ],
  ),
  factor('accumulation', 'Rows of a step, at the same number of rows in all.', '1', [
    ['2', { accumulation: 2 }],
    ['2 at 0.002', { accumulation: 2, learningRate: 2e-3 }],
    ['4', { accumulation: 4 }],
  ]),
  factor('schedule', 'How the learning rate goes on after the warm-up.', 'cosine', [
    ['constant', { optimizer: { schedule: 'constant' } }],
    ['linear to nothing', { optimizer: { schedule: 'linear' } }],
  ]),
  factor('weightDecay', "AdamW's.", '0.01', [
    ['0', { optimizer: { weightDecay: 0 } }],
    ['0.1', { optimizer: { weightDecay: 0.1 } }],
  ]),
  factor('maxGradientNorm', 'Longer gradients are cut to this.', '1', [
    ['0.3', { optimizer: { maxGradientNorm: 0.3 } }],
    ['none', { optimizer: { maxGradientNorm: Number.POSITIVE_INFINITY } }],
  ]),
];
