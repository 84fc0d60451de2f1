import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LoraError } from '../../errors.js';
import { openSafetensors } from '../../weights/safetensors/safetensors-reader.js';
import { writeSafetensors } from '../../weights/safetensors/safetensors-writer.js';
import type { WeightSource } from '../../weights/weight-source.js';
import type { CursorPosition } from '../batches/data-cursor.js';

const FILE = 'checkpoint.safetensors';
const VERSION = 2;

/** What a plan is made of, as a checkpoint keeps it: a run that is resumed goes on by it. */
export interface PlanState {
  steps: number;
  /** 0 until measured. */
  stepMs: number;
  /** 0 until measured. */
  evaluationMs: number;
  /** Step of the last evaluation; missing in checkpoints of earlier releases. */
  evaluatedAt?: number;
}

const NO_PLAN: PlanState = { steps: 0, stepMs: 0, evaluationMs: 0 };

/** The scalar part of a run's state. */
export interface CheckpointState {
  step: number;
  cursor: CursorPosition;
  elapsedMs: number;
  bestStep: number;
  /** Null when nothing was evaluated yet. */
  bestLoss: number | null;
  evaluationsSinceBest: number;
  /** See `RunState`. */
  learningRateFactor: number;
  /** Missing in checkpoints of earlier releases. */
  plan?: PlanState;
}

/** Everything a run needs to go on as if it had never stopped. */
export interface Checkpoint extends CheckpointState {
  values: Float32Array;
  firstMoment: Float32Array;
  secondMoment: Float32Array;
  best: Float32Array;
}

/**
 * Writes a checkpoint. The one before stays valid until the new one is whole: it is written beside it and renamed.
 * @throws LoraError `weights.write-failed`
 */
export async function saveCheckpoint(directory: string, hash: string, checkpoint: Checkpoint): Promise<void> {
  const { values, firstMoment, secondMoment, best, ...state } = checkpoint;
  const flat = { values, firstMoment, secondMoment, best };
  await mkdir(directory, { recursive: true });
  await writeSafetensors(
    join(directory, FILE),
    new Map(Object.entries(flat).map(([name, data]) => [name, { shape: [data.length], data }])),
    { version: String(VERSION), settings: hash, state: JSON.stringify(state) },
  );
}

/**
 * Reads the checkpoint of a run, or null when there is none.
 * @param size trainable values the run has
 * @throws LoraError `train.other-checkpoint` when it belongs to other data, settings or another version;
 *   `train.damaged-checkpoint`
 */
export async function loadCheckpoint(
  directory: string,
  hash: string,
  size: number,
): Promise<Checkpoint | null> {
  const path = join(directory, FILE);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (!exists) return null;
  await using source = await openSafetensors(path).catch((cause: unknown) => {
    throw damaged(path, cause);
  });
  if (source.metadata.get('version') !== String(VERSION) || source.metadata.get('settings') !== hash) {
    throw new LoraError(
      'train.other-checkpoint',
      `The checkpoint ${path} belongs to another base model, other data or settings, or another version.`,
      {
        remedy:
          'Remove the checkpoint directory to start again, or resume with the settings it was made with.',
      },
    );
  }
  const read = (name: string) => readFlat(source, name, size, path);
  return {
    ...parseState(source, path),
    values: await read('values'),
    firstMoment: await read('firstMoment'),
    secondMoment: await read('secondMoment'),
    best: await read('best'),
  };
}

async function readFlat(
  source: WeightSource,
  name: string,
  size: number,
  path: string,
): Promise<Float32Array> {
  if (source.tensors.get(name)?.shape[0] !== size) throw damaged(path, `${name} has another size`);
  return await source.readFloat32(name);
}

function parseState(source: WeightSource, path: string): CheckpointState {
  try {
    const state = JSON.parse(String(source.metadata.get('state'))) as CheckpointState;
    const numbers = [
      state.step,
      state.cursor.epoch,
      state.cursor.row,
      state.bestStep,
      state.evaluationsSinceBest,
    ];
    const { elapsedMs, learningRateFactor, plan = NO_PLAN } = state;
    numbers.push(plan.steps, plan.evaluatedAt ?? 0);
    const times = [elapsedMs, plan.stepMs, plan.evaluationMs];
    const inRange = times.every((ms) => ms >= 0) && learningRateFactor > 0 && learningRateFactor <= 1;
    if (!numbers.every((n) => Number.isInteger(n) && n >= 0) || !inRange) throw new Error('bad number');
    return state;
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause: unknown): LoraError {
  return new LoraError('train.damaged-checkpoint', `The checkpoint ${path} is damaged.`, {
    remedy: 'Remove the checkpoint directory to start the run again.',
    cause,
  });
}
