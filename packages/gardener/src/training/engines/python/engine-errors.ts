import { GardenerError } from '../../../garden/errors/garden-error.js';
import type { ProcessEnd } from '../../../garden/processes/job-process.js';
import type { PythonEngineName } from '../engine-name.js';
import type { EngineFailure } from './engine-protocol.js';

const MAX_SHOWN = 200;

/** What installs an engine, or mends what was installed. */
export function installCommand(engine: PythonEngineName): string {
  return `gardener doctor --install ${engine}`;
}

/** The engine said that it failed. */
export function failed(engine: PythonEngineName, kind: EngineFailure, message: string): GardenerError {
  switch (kind) {
    case 'missing-package':
      return broken(engine, message);
    case 'out-of-memory':
      return new GardenerError('training.engine-out-of-memory', `The engine ${engine} ran out of memory.`, {
        remedy:
          'Close what else uses the memory, or start a new training with a lower sequenceLength or rank, or on a smaller base.',
        details: { said: message },
      });
    case 'base-unsupported':
      return new GardenerError('training.engine-without-base', message, {
        remedy: 'Train on this base with --engine onnx, or name another with --base.',
      });
    case 'diverged':
      return new GardenerError('training.engine-diverged', message, {
        remedy: 'Train again with a lower setting learningRate, such as 0.0001.',
      });
    case 'other-checkpoint':
      return new GardenerError('training.engine-other-checkpoint', message, {
        remedy: 'Start a new training with `gardener train <project>`.',
      });
    case 'bad-run':
      return new GardenerError('training.engine-bad-run', message, {
        remedy: 'Run `gardener train <project>` again: it makes the data anew.',
      });
    case 'failed':
      return new GardenerError('training.engine-failed', `The engine ${engine} failed: ${message}`, {
        remedy: `Install it anew with \`${installCommand(engine)}\`, or train with --engine onnx.`,
      });
  }
}

/** Its environment cannot run it. */
export function broken(engine: PythonEngineName, reason: string): GardenerError {
  const why = shown(reason).replace(/\.$/, '');
  return new GardenerError('training.engine-broken', `The engine ${engine} cannot start: ${why}.`, {
    remedy: `Mend its environment with \`${installCommand(engine)}\`.`,
  });
}

/** It says what is not of the protocol. */
export function garbled(engine: PythonEngineName, line: string): GardenerError {
  const message = `The engine ${engine} said something that is not of its protocol: ${shown(line)}`;
  return new GardenerError('training.engine-garbled', message, {
    remedy: `Install it anew with \`${installCommand(engine)}\`.`,
  });
}

/** It speaks another version of the protocol. */
export function otherProtocol(engine: PythonEngineName, spoken: number, known: number): GardenerError {
  const message = `The engine ${engine} speaks version ${spoken} of the protocol, this program version ${known}.`;
  return new GardenerError('training.engine-other-protocol', message, {
    remedy: `Update Codebase Gardener, then \`${installCommand(engine)}\`.`,
    details: { spoken, known },
  });
}

/** It has said nothing for too long and was ended. */
export function hung(engine: PythonEngineName, silenceMs: number): GardenerError {
  const message = `The engine ${engine} said nothing for ${silenceMs / 1000} s and was ended.`;
  return new GardenerError('training.engine-hung', message, {
    remedy: `See with \`gardener doctor\` whether it works.`,
    retryable: true,
  });
}

/** It ended by itself before its training did. The run is taken up once more by itself. */
export function died(engine: PythonEngineName, { reason, signal, stderr }: ProcessEnd): GardenerError {
  const memory = signal === 'SIGKILL' ? '; the system does that when memory runs out' : '';
  const message = `The engine ${engine} ended in the middle of its training (${reason}${memory}).`;
  return new GardenerError('training.engine-died', message, {
    remedy: 'Close what else uses the memory.',
    details: { stderr },
    retryable: true,
  });
}

/** The last line that a program said, for a sentence. */
export function lastLine(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.at(-1) ?? 'it said nothing';
}

function shown(text: string): string {
  return text.slice(0, MAX_SHOWN).replaceAll(/\p{Cc}/gu, '?');
}
