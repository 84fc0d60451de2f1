// Entry of the embedding process: `node encoder-process.js <format> <model directory> <threads>`. It computes in a process of
// its own because ONNX Runtime blocks the event loop while it runs, and because a crash in it must not take the command along.
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

/**
 * Words of the texts that are embedded while nobody asks. Every padded length is computed by a session of its own, and making one takes longer
 * than a search should: the first question of its length would wait for it.
 */
const QUESTION_WORDS = [4, 12, 24, 40, 56, 88];
const IDLE_MS = 300;

/** Answers requests in their order; what is embedded beforehand comes one at a time, each after a while without a request. */
function serve(encoder: SentenceEncoder): void {
  const beforehand = QUESTION_WORDS.map((words) => 'word '.repeat(words));
  let queue = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;
  const whenIdle = () => {
    clearTimeout(idle);
    if (beforehand.length > 0) idle = setTimeout(() => enqueue(prepare), IDLE_MS);
  };
  const enqueue = (work: () => Promise<void>) => {
    clearTimeout(idle);
    queue = queue.then(work).then(whenIdle);
  };
  const prepare = async () => {
    // What fails here fails again where it matters, and is told there.
    await encoder.encode(beforehand.splice(0, 1)).catch(() => undefined);
  };
  process.on('message', (request: EmbedRequest) => enqueue(() => embed(encoder, request)));
  whenIdle();
}

try {
  const encoder = await load();
  serve(encoder);
  send({ type: 'ready', dimension: encoder.dimension, prefixes: encoder.prefixes });
} catch (error) {
  send({ type: 'unusable', error: failureOf(error) });
}
