import type { GenerationRuntime } from '../../models/runtime/runtime.js';

/** An answer of this many tokens that has not ended counts as one that does not end. */
const MAX_ANSWER_TOKENS = 96;

/**
 * Asks each question once, greedily, and notes whether the answer ended by itself.
 * @returns one entry a question, in order; fewer where `limitMs` ran out
 */
export async function measureStopping(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  questions: readonly string[],
  options: { limitMs: number; signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
): Promise<boolean[]> {
  const start = performance.now();
  const stopped: boolean[] = [];
  for (const question of questions) {
    options.signal?.throwIfAborted();
    if (performance.now() - start > options.limitMs) break;
    let reason: 'stop' | 'length' = 'length';
    const answer = runtime.generate({
      messages: [{ role: 'user', content: question }],
      adapter: adapterFile,
      maxTokens: MAX_ANSWER_TOKENS,
      temperature: 0,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    for await (const event of answer) if (event.type === 'end') reason = event.reason;
    stopped.push(reason === 'stop');
    options.onProgress?.(stopped.length, questions.length);
  }
  return stopped;
}
