// Entry of the process that holds llama.cpp: a native crash ends this process and not the one that serves people.
import { oneAtATime } from '../../garden/processes/one-at-a-time.js';
import { serveJobs } from '../../garden/processes/serve-jobs.js';
import { continuedText } from '../runtime/fill-in-the-middle.js';
import { generateTokens } from './engine/generate-tokens.js';
import { LlamaCppEngine } from './engine/llama-cpp-engine.js';
import type { KeptAdapters, LlamaCppProtocol } from './llama-cpp-protocol.js';

// A Ctrl-C is the parent's to handle: this process ends when the parent goes.
process.on('SIGINT', () => undefined);

serveJobs<LlamaCppProtocol>(async (setup) => {
  const engine = await LlamaCppEngine.start(setup);
  const inTurn = oneAtATime();
  /** One job at a time: they share the processor's cores, and fighting over them makes every one slower. */
  const use = <Result>(signal: AbortSignal, job: () => Promise<Result>): Promise<Result & KeptAdapters> =>
    inTurn(async () => {
      try {
        signal.throwIfAborted();
        return { ...(await job()), keptAdapters: engine.keptAdapters };
      } finally {
        engine.rest();
      }
    });

  return {
    ready: { contextTokens: engine.contextTokens },
    jobs: {
      generate: ({ messages, ...options }, { signal, report }) =>
        use(signal, async () => generateTokens(engine, engine.encode(messages), options, signal, report)),
      complete: ({ prompt: before, suffix, place, ...options }, { signal, report }) =>
        use(signal, async () => {
          const about = { before, ...(place !== null && { place }) };
          const tokens =
            suffix === null
              ? Int32Array.from(engine.model.tokenize(continuedText(about), false))
              : engine.encodeGap({ ...about, after: suffix });
          await generateTokens(engine, tokens, options, signal, report);
        }),
      score: ({ tokens, adapter }, { signal }) =>
        use(signal, async () => ({ scores: await engine.score(tokens, adapter) })),
      prepare: ({ adapter }, { signal }) => use(signal, () => engine.prepare(adapter)),
      count: (text) => engine.model.tokenize(text, false).length,
    },
  };
});
