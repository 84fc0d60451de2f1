import { computingProcess } from '@codebase-gardener/lora/process';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { JobProcess, type ProcessEnd } from '../../garden/processes/job-process.js';
import type { EncoderProtocol } from './encoder-protocol.js';

/**
 * Starts the process of a sentence encoder and waits until the model is loaded.
 * @throws GardenerError `retrieval.embedding-model-unusable`, `retrieval.embedder-died`
 */
export function startEncoderProcess(setup: EncoderProtocol['setup']): Promise<JobProcess<EncoderProtocol>> {
  return JobProcess.start<EncoderProtocol>({
    entry: new URL('./encoder-child.js', import.meta.url),
    setup,
    died: embedderDied,
    ...computingProcess(),
  });
}

/** The error of those whose texts are not embedded because the process has ended. */
export function embedderDied(end: ProcessEnd): GardenerError {
  return new GardenerError(
    'retrieval.embedder-died',
    'The process that computes embeddings ended by itself.',
    {
      remedy: 'Run the command again; if it happens again, free some memory or run `gardener doctor`.',
      details: { ...end },
      retryable: true,
    },
  );
}
