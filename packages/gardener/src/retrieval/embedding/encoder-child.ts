// Entry of the embedding process: `node encoder-process.js <format> <model directory> <threads>`. It computes
// in a process of its own because ONNX Runtime blocks the event loop while it runs, and because a crash in it
// must not take the command along.
import {
  LoraError,
  loadOnnxSentenceEncoder,
  loadSentenceEncoder,
  type SentenceEncoder,
} from '@codebase-gardener/lora';
import type { EmbedFailure, EmbedReply, EmbedRequest } from './encoder-messages.js';

const [format = 'bert', directory = '', threads = '0'] = process.argv.slice(2);

// The parent went away, however it ended.
process.on('disconnect', () => process.exit(0));

const send = (reply: EmbedReply) => process.send?.(reply);

function failureOf(error: unknown): EmbedFailure {
  if (LoraError.isInstance(error)) return { code: error.code, message: error.message, remedy: error.remedy };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'retrieval.embedding-failed', message, remedy: 'Run `gardener doctor`.' };
}

async function embed(encoder: SentenceEncoder, { id, texts }: EmbedRequest): Promise<void> {
  try {
    const rows = await encoder.encode(texts);
    const vectors = new Float32Array(rows.length * encoder.dimension);
    for (const [row, vector] of rows.entries()) vectors.set(vector, row * encoder.dimension);
    send({ type: 'vectors', id, vectors });
  } catch (error) {
    send({ type: 'failed', id, error: failureOf(error) });
  }
}

async function load() {
  const options = { threads: Number(threads) };
  if (format === 'onnx') return loadOnnxSentenceEncoder(directory, options);
  return Object.assign(await loadSentenceEncoder(directory, options), { prefixes: null });
}

try {
  const encoder = await load();
  let queue = Promise.resolve();
  process.on('message', (request: EmbedRequest) => {
    queue = queue.then(() => embed(encoder, request));
  });
  send({ type: 'ready', dimension: encoder.dimension, prefixes: encoder.prefixes });
} catch (error) {
  send({ type: 'unusable', error: failureOf(error) });
}
