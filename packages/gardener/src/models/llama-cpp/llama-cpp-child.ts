import { LoraError } from '@codebase-gardener/lora';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { LlamaCppEngine } from './llama-cpp-engine.js';
import { generateTokens } from './llama-cpp-generate.js';
import type { FromRuntime, JobResult, RuntimeJob, ToRuntime, WireError } from './runtime-messages.js';

// Entry of the child process that holds llama.cpp: a native crash ends this process and not the one that serves people.

let engine: LlamaCppEngine | null = null;
let queue: Promise<void> = Promise.resolve();
const running = new Map<number, AbortController>();

process.on('message', (message: ToRuntime) => {
  if (message.type === 'start') void start(message.setup);
  else if (message.type === 'cancel') running.get(message.id)?.abort();
  else enqueue(message.id, message.job);
});
// Without its parent nobody reads the answers. A Ctrl-C is the parent's to handle: it disconnects when it goes.
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);

function send(message: FromRuntime): void {
  if (process.connected) process.send?.(message);
}

async function start(setup: Extract<ToRuntime, { type: 'start' }>['setup']): Promise<void> {
  try {
    engine = await LlamaCppEngine.start(setup);
    send({ type: 'ready', contextTokens: engine.contextTokens });
  } catch (error) {
    send({ type: 'start-failed', error: onWire(error) });
  }
}

/** One job at a time: they share the processor's cores, and fighting over them makes every one slower. */
function enqueue(id: number, job: RuntimeJob): void {
  const abort = new AbortController();
  running.set(id, abort);
  const work = async () => {
    try {
      abort.signal.throwIfAborted();
      send({ type: 'done', id, result: await answer(id, job, abort.signal) });
    } catch (error) {
      send({ type: 'failed', id, error: onWire(error) });
    } finally {
      if (job.kind !== 'count') engine?.rest();
      running.delete(id);
    }
  };
  // A tokenizer needs no context and waits for nobody.
  if (job.kind === 'count') void work();
  else queue = queue.then(work);
}

async function answer(id: number, job: RuntimeJob, signal: AbortSignal): Promise<JobResult> {
  if (engine === null) throw new Error('a job came before the model was ready');
  switch (job.kind) {
    case 'count':
      return engine.model.tokenize(job.text, false).length;
    case 'prepare':
      await engine.prepare(job.adapter);
      break;
    case 'score':
      return engine.score(job.tokens, job.adapter);
    default:
      await generateTokens(engine, promptOf(engine, job), job, signal, (event) =>
        send({ type: 'event', id, event }),
      );
  }
  send({ type: 'kept', adapters: engine.keptAdapters });
  return null;
}

function promptOf(
  { model, encode, encodeGap }: LlamaCppEngine,
  job: Extract<RuntimeJob, { kind: 'generate' | 'complete' }>,
): Int32Array {
  if (job.kind === 'generate') return encode(job.messages);
  if (job.suffix !== null) return encodeGap(job.prompt, job.suffix);
  return Int32Array.from(model.tokenize(job.prompt, false));
}

function onWire(error: unknown): WireError {
  if (GardenerError.isInstance(error) || LoraError.isInstance(error)) {
    const { code, message, remedy, details } = error;
    return { code, message, remedy, details };
  }
  return {
    code: 'models.generation-failed',
    message: 'llama.cpp could not do what was asked.',
    remedy: 'Try again; run `gardener doctor` if it happens again.',
    details: { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) },
  };
}
