import type { LlamaContextSequence, Token } from 'node-llama-cpp';
import type { GenerationEvent } from '../../runtime/runtime.js';
import { type AdapterInUse, type KeptContext, type LlamaCppEngine, requireFit } from './llama-cpp-engine.js';
import { LoopWatch } from './loop-watch.js';
import { TextWriter } from './text-writer.js';

/** Tokens of the prompt evaluated between two looks at the signal: half a second on a slow machine. */
const PROMPT_STEP = 256;

/** Tokens of the answer that a repeat penalty looks at: llama.cpp's default. */
const PENALISED_TOKENS = 64;

/** Does a step of work when no other step is under way. */
export type OnCores = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Adapter, length and sampling of a generation as they travel to the child: what may be left out is filled in. */
export interface GenerationJobOptions {
  adapter: AdapterInUse | null;
  maxTokens: number;
  temperature: number;
  seed: number | null;
  repeatPenalty: number;
  stop: readonly string[];
}

/**
 * Generates from prompt tokens on a clean sequence and reports text and the end.
 * @throws GardenerError `models.prompt-too-long`, `models.adapter-missing`, `models.bad-adapter`
 */
export async function generateTokens(
  engine: LlamaCppEngine,
  prompt: Int32Array,
  options: GenerationJobOptions,
  signal: AbortSignal,
  report: (event: GenerationEvent) => void,
  onCores: OnCores,
): Promise<void> {
  // One place at least must be left for the answer.
  requireFit(prompt.length + 1, engine.contextTokens);
  const kept = await engine.contextFor(options.adapter);
  const maxTokens = Math.min(options.maxTokens, engine.contextTokens - prompt.length);
  const writer = new TextWriter(engine.model, options.stop, (text) => report({ type: 'text', text }));
  const end = (reason: 'stop' | 'length', completionTokens: number) => {
    writer.finish();
    report({ type: 'end', reason, promptTokens: prompt.length, completionTokens });
  };
  if (maxTokens < 1 || prompt.length === 0) return end('length', 0);

  const rest = await evaluatePrompt(kept, [...prompt] as Token[], signal, onCores);
  const written: Token[] = [];
  const loops = new LoopWatch();
  for await (const token of inSteps(sample(kept.sequence, rest, written, options), onCores)) {
    signal.throwIfAborted();
    // A begin token opens a new turn: the model goes on talking to itself.
    if (token === engine.model.tokens.bos) return end('stop', written.length);
    // So does a marker of the gap format end a filling: what follows it would be another file, or the gap once more.
    if (engine.markers.has(token)) return end('stop', written.length);
    written.push(token);
    if (writer.write(token)) return end('stop', written.length);
    // Where repeats are not wanted, a loop that the penalty has not broken ends the answer.
    if (options.repeatPenalty !== 1 && loops.push(token)) return end('stop', written.length);
    if (written.length >= maxTokens) return end('length', written.length);
  }
  end('stop', written.length);
}

/**
 * Evaluates a prompt in fixed steps, whatever the context held before. Whole steps with which the last prompt began as
 * well are not evaluated again. The result of a step depends only on the tokens before it and on its own length, so
 * the answer equals that of an empty context to the bit.
 * @returns what is left for the step that gives the first token
 */
async function evaluatePrompt(
  kept: KeptContext,
  tokens: readonly Token[],
  signal: AbortSignal,
  onCores: OnCores,
): Promise<Token[]> {
  const { sequence } = kept;
  const whole = Math.floor((tokens.length - 1) / PROMPT_STEP) * PROMPT_STEP;
  const same = commonLength(kept.steps, tokens.slice(0, whole));
  const reused = Math.floor(same / PROMPT_STEP) * PROMPT_STEP;
  kept.steps = tokens.slice(0, reused);
  if (reused === 0) await sequence.clearHistory();
  else await sequence.eraseContextTokenRanges([{ start: reused, end: sequence.nextTokenIndex }]);
  for (let from = reused; from < whole; from += PROMPT_STEP) {
    signal.throwIfAborted();
    await onCores(() => sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(from, from + PROMPT_STEP)));
    kept.steps = tokens.slice(0, from + PROMPT_STEP);
  }
  return tokens.slice(whole);
}

/** Takes what a generator yields, each value in a turn of its own: others come in between. */
async function* inSteps<Value>(
  values: AsyncGenerator<Value, void>,
  onCores: OnCores,
): AsyncGenerator<Value, void> {
  try {
    for (;;) {
      const { value, done } = await onCores(() => values.next());
      if (done) return;
      yield value;
    }
  } finally {
    await values.return();
  }
}

/** How many tokens two texts begin with together. */
export function commonLength(one: readonly Token[], other: readonly Token[]): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length += 1;
  return length;
}

/** @param written the tokens of the answer so far; grows while sampling */
function sample(
  sequence: LlamaContextSequence,
  tokens: Token[],
  written: readonly Token[],
  options: GenerationJobOptions,
) {
  return sequence.evaluate(tokens, {
    temperature: options.temperature,
    ...(options.seed !== null && { seed: options.seed }),
    ...(options.repeatPenalty !== 1 && {
      repeatPenalty: {
        penalty: options.repeatPenalty,
        // Grows with every repeat, so that a loop ends even where the model is very sure of it.
        frequencyPenalty: 0.1,
        punishTokens: () => written.slice(-PENALISED_TOKENS),
      },
    }),
    // The context is never shifted: maxTokens ends before it is full.
    contextShift: { size: 0 },
  });
}
