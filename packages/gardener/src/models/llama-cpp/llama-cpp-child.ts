// Entry of the process that holds llama.cpp: a native crash ends this process and not the one that serves people.
import type { Token } from 'node-llama-cpp';
import { oneAtATime } from '../../garden/processes/one-at-a-time.js';
import { serveJobs } from '../../garden/processes/serve-jobs.js';
import { continuedText, type Place } from '../runtime/fill-in-the-middle.js';
import { healTokens } from '../runtime/heal-tokens.js';
import { completeTyped } from './engine/complete-typed.js';
import { generateTokens } from './engine/generate-tokens.js';
import { LlamaCppEngine } from './engine/llama-cpp-engine.js';
import type { KeptAdapters, LlamaCppProtocol } from './llama-cpp-protocol.js';

// A Ctrl-C is the parent's to handle: this process ends when the parent goes.
process.on('SIGINT', () => undefined);

serveJobs<LlamaCppProtocol>(async (setup) => {
  const engine = await LlamaCppEngine.start(setup);
  const inTurn = oneAtATime();
  /** Steps of jobs share the processor's cores: fighting over them makes every one slower. */
  const onCores = oneAtATime();
  /** One job at a time, in steps: typed code comes in between. */
  const use = <Result>(signal: AbortSignal, job: () => Promise<Result>): Promise<Result & KeptAdapters> =>
    inTurn(() => withRest(signal, job));
  /** A job that waits for one step of another job at most, and for typed code before it. */
  const useNow = <Result>(signal: AbortSignal, job: () => Promise<Result>): Promise<Result & KeptAdapters> =>
    onCores(() => withRest(signal, job));
  const withRest = async <Result>(signal: AbortSignal, job: () => Promise<Result>) => {
    engine.work();
    try {
      signal.throwIfAborted();
      return { ...(await job()), keptAdapters: engine.keptAdapters };
    } finally {
      engine.rest();
    }
  };
  const promptTokens = (before: string, suffix: string | null, place: Place | null): Int32Array => {
    const about = { before, ...(place !== null && { place }) };
    return suffix === null
      ? Int32Array.from(engine.model.tokenize(continuedText(about), false))
      : engine.encodeGap({ ...about, after: suffix });
  };
  /** What was typed last follows everything else: behind a gap's markers it is the beginning of the filling. */
  const typedPrompt = (before: string, suffix: string | null, place: Place | null, typed: string) => {
    const { kept, healed } = healTokens(typed);
    const tokens =
      suffix === null
        ? promptTokens(before + kept, null, place)
        : [...promptTokens(before, suffix, place), ...engine.model.tokenize(kept, false)];
    return { tokens: [...tokens] as Token[], healed };
  };

  return {
    ready: { contextTokens: engine.contextTokens },
    jobs: {
      generate: ({ messages, ...options }, { signal, report }) =>
        use(signal, async () =>
          generateTokens(engine, engine.encode(messages), options, signal, report, onCores),
        ),
      complete: ({ prompt, suffix, place, typed, ...options }, { signal, report }) =>
        typed === null
          ? use(signal, async () =>
              generateTokens(engine, promptTokens(prompt, suffix, place), options, signal, report, onCores),
            )
          : useNow(signal, async () =>
              completeTyped(engine, typedPrompt(prompt, suffix, place, typed), options, signal, report),
            ),
      score: ({ tokens, adapter }, { signal }) =>
        use(signal, () => onCores(async () => ({ scores: await engine.score(tokens, adapter) }))),
      prepare: ({ adapter }, { signal }) => use(signal, () => onCores(() => engine.prepare(adapter))),
      count: (text) => engine.model.tokenize(text, false).length,
    },
  };
});
