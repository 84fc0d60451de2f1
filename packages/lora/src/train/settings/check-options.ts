import { LoraError } from '../../errors.js';
import { trainableModules } from '../../transformer/config/modules.js';
import { isTarget } from '../batches/example.js';
import type { FilledOptions } from './default-options.js';

/** @throws LoraError `train.bad-option` */
export function checkOptions(options: FilledOptions): void {
  const { base, adapter, optimizer, batch, evaluation, machine } = options;
  const counts: Record<string, number | undefined> = {
    'adapter.rank': adapter.rank,
    'adapter.trainedBlocks': options.trainedBlocks,
    'batch.sequenceLength': batch.sequenceLength,
    'batch.rows': batch.rows,
    'batch.accumulation': batch.accumulation,
    'evaluation.everySteps': evaluation.everySteps,
    'evaluation.patience': evaluation.patience,
    'machine.threads': machine.threads,
    'machine.largestWeightCode': machine.largestWeightCode,
    maxEpochs: options.maxEpochs,
    steps: options.steps,
  };
  for (const [name, value] of Object.entries(counts)) {
    if (value === undefined || (Number.isInteger(value) && value >= 1)) continue;
    throw badOption(name, value, 'a whole number of at least 1');
  }
  const positive: Record<string, number | undefined> = {
    'optimizer.learningRate': optimizer.learningRate,
    'optimizer.maxGradientNorm': optimizer.maxGradientNorm,
    'adapter.alpha': adapter.alpha,
    'evaluation.retained.maxRise': evaluation.retained?.maxRise,
    'machine.memoryBudgetBytes': machine.memoryBudgetBytes,
    budgetMs: options.budgetMs,
  };
  for (const [name, value] of Object.entries(positive)) {
    if (value === undefined || (typeof value === 'number' && value > 0)) continue;
    throw badOption(name, value, 'a number above 0');
  }
  const { dropout, targetModules } = adapter;
  if (!(dropout >= 0 && dropout < 1)) throw badOption('adapter.dropout', dropout, 'in [0, 1)');
  if (!(optimizer.weightDecay >= 0))
    throw badOption('optimizer.weightDecay', optimizer.weightDecay, 'at least 0');
  const trainable = trainableModules(base.config);
  if (targetModules.length === 0 || targetModules.some((module) => !trainable.includes(module)))
    throw badOption('adapter.targetModules', `[${targetModules}]`, `some of ${trainable.join(', ')}`);
  const { contextLength } = base.config;
  if (batch.sequenceLength > contextLength) {
    const expected = `at most the base model's context of ${contextLength}`;
    throw badOption('batch.sequenceLength', batch.sequenceLength, expected);
  }
}

/** @throws LoraError `train.no-examples`, `train.bad-example`, `train.nothing-supervised` */
export function checkExamples({ base, examples, validation, evaluation }: FilledOptions): void {
  if (examples.length === 0) {
    throw new LoraError('train.no-examples', 'There are no examples to train on.', {
      remedy: 'Give at least one example.',
    });
  }
  const { vocabularySize } = base.config;
  for (const { tokens } of [...examples, ...validation, ...(evaluation.retained?.examples ?? [])]) {
    const unknown = tokens.find((token) => token < 0 || token >= vocabularySize);
    if (unknown === undefined) continue;
    throw new LoraError(
      'train.bad-example',
      `Token ${unknown} is not among the base model's ${vocabularySize}.`,
      { remedy: 'Encode the examples with the tokenizer of this base model.' },
    );
  }
  if (examples.some((example) => example.tokens.some((_, index) => isTarget(example, index)))) return;
  throw new LoraError('train.nothing-supervised', 'No token of any example is a target of the loss.', {
    remedy: 'Mark the tokens to learn as supervised.',
  });
}

function badOption(name: string, value: unknown, expected: string): LoraError {
  const message = `The option ${name} is ${String(value)}; it has to be ${expected}.`;
  return new LoraError('train.bad-option', message, {
    remedy: 'Correct the value.',
    details: { option: name },
  });
}
