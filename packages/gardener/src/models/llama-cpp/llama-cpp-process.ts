import { GardenerError } from '../../garden/errors/garden-error.js';
import { JobProcess, type ProcessEnd } from '../../garden/processes/job-process.js';
import type { EngineSetup } from './engine/llama-cpp-engine.js';
import type { LlamaCppProtocol } from './llama-cpp-protocol.js';

/** A child process that holds llama.cpp with one base model. */
export type LlamaCppProcess = JobProcess<LlamaCppProtocol>;

/**
 * Starts llama.cpp and waits until the model is loaded.
 * @throws GardenerError `models.bad-model`, `models.no-llama-cpp`, `models.runtime-died`
 */
export function startLlamaCppProcess(setup: EngineSetup, timeoutMs: number): Promise<LlamaCppProcess> {
  return JobProcess.start<LlamaCppProtocol>({
    entry: new URL('./llama-cpp-child.js', import.meta.url),
    setup,
    startTimeoutMs: timeoutMs,
    died,
    unexpected: generationFailed,
  });
}

function died({ reason, stderr }: ProcessEnd): GardenerError {
  return new GardenerError('models.runtime-died', `The process that runs the model ended (${reason}).`, {
    remedy: 'Try again: it is started anew. If it happens again, run `gardener doctor`.',
    details: { reason, stderr },
    retryable: true,
  });
}

function generationFailed(error: Error): GardenerError {
  return new GardenerError('models.generation-failed', 'llama.cpp could not do what was asked.', {
    remedy: 'Try again; run `gardener doctor` if it happens again.',
    details: { reason: error.stack ?? error.message },
  });
}
