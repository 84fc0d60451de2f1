// Entry of the process of a sentence encoder. It computes apart because ONNX Runtime blocks the event loop while it
// runs, and because a crash in it must not take the command along.
import {
  loadOnnxSentenceEncoder,
  loadSentenceEncoder,
  loadStaticSentenceEncoder,
  type SentenceEncoder,
} from '@codebase-gardener/lora';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { asKnownError } from '../../garden/errors/wire-error.js';
import { oneAtATime } from '../../garden/processes/one-at-a-time.js';
import { serveJobs } from '../../garden/processes/serve-jobs.js';
import type { EmbeddingModel, EncoderProtocol } from './encoder-protocol.js';

serveJobs<EncoderProtocol>(async ({ model, threads }) => {
  const encoder = await load(model, threads).catch((error: unknown) => {
    throw unusable(model, error);
  });
  const inTurn = oneAtATime();
  return {
    ready: { dimension: encoder.dimension, prefixes: encoder.prefixes },
    jobs: {
      encode: (texts, { signal }) =>
        inTurn(() => {
          signal.throwIfAborted();
          return encode(encoder, texts);
        }),
    },
  };
});

async function load({ format, directory }: EmbeddingModel, threads: number) {
  if (format === 'static')
    return Object.assign(await loadStaticSentenceEncoder(directory), { prefixes: null });
  if (format === 'onnx') return loadOnnxSentenceEncoder(directory, { threads });
  return Object.assign(await loadSentenceEncoder(directory, { threads }), { prefixes: null });
}

async function encode(encoder: SentenceEncoder, texts: string[]): Promise<Float32Array> {
  try {
    const rows = await encoder.encode(texts);
    const vectors = new Float32Array(rows.length * encoder.dimension);
    for (const [row, vector] of rows.entries()) vectors.set(vector, row * encoder.dimension);
    return vectors;
  } catch (error) {
    const { message, remedy, code } = inWords(error);
    throw new GardenerError('retrieval.embedding-failed', message, { remedy, details: { reason: code } });
  }
}

function unusable({ id, directory }: EmbeddingModel, error: unknown): GardenerError {
  const { message, remedy, code } = inWords(error);
  return new GardenerError('retrieval.embedding-model-unusable', message, {
    remedy,
    details: { model: id, directory, reason: code },
  });
}

function inWords(error: unknown): { code: string; message: string; remedy: string } {
  const known = asKnownError(error);
  if (known !== null) return known;
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'retrieval.embedding-failed', message, remedy: 'Run `gardener doctor`.' };
}
