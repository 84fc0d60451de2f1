import type { LlamaContextSequence, Token } from 'node-llama-cpp';
import { agrees } from '../../runtime/heal-tokens.js';
import type { GenerationEvent, Likelihood } from '../../runtime/runtime.js';
import { commonLength, type GenerationJobOptions } from './generate-tokens.js';
import { type LlamaCppEngine, requireFit, TYPED_STEP } from './llama-cpp-engine.js';
import { TextWriter } from './text-writer.js';

/** A prompt whose end changes with every key press. */
export interface TypedPrompt {
  tokens: readonly Token[];
  /** Text after the tokens, which the first tokens that are written must agree with. */
  healed: string;
}

/** Candidates for a token that must agree with a text: a word that was begun is rarely less likely than these. */
const HEALING_CANDIDATES = 256;
/** Enough for the likeliest token and its share. */
const CANDIDATES = 16;

type Candidates = ReadonlyMap<Token, number>;

/**
 * Completes code that somebody types: what the last prompt and its completion have left in memory is used token by
 * token, and the signal is looked at after each short step, with what was read until then kept for the next call.
 * @throws GardenerError `models.prompt-too-long`, `models.bad-adapter`
 */
export async function completeTyped(
  engine: LlamaCppEngine,
  prompt: TypedPrompt,
  options: GenerationJobOptions,
  signal: AbortSignal,
  report: (event: GenerationEvent) => void,
): Promise<void> {
  const { model } = engine;
  const end = (reason: 'stop' | 'length', completionTokens: number) =>
    report({ type: 'end', reason, promptTokens: prompt.tokens.length, completionTokens });
  requireFit(prompt.tokens.length + prompt.healed.length + 1, engine.typedContextTokens);
  if (prompt.tokens.length === 0) return end('length', 0);
  const startedAt = performance.now();
  const { sequence } = await engine.typedContextFor(options.adapter);
  const { cachedTokens, last } = await readPrompt(sequence, prompt.tokens, signal);
  let work: { tokens: number; cachedTokens: number; ms: number } | undefined = {
    ...{ tokens: prompt.tokens.length, cachedTokens, ms: performance.now() - startedAt },
  };
  let likelihood: Likelihood = { tokens: 0, logProbability: 0 };
  const writer = new TextWriter(
    model,
    options.stop,
    (text) => {
      report({ type: 'text', text, likelihood, ...(work && { prompt: work }) });
      work = undefined;
      likelihood = { tokens: 0, logProbability: 0 };
    },
    { skipped: prompt.healed.length, before: prompt.tokens },
  );
  let written = 0;
  // This context does not move on: what is written has to fit behind the prompt.
  const most = Math.min(options.maxTokens, engine.typedContextTokens - prompt.tokens.length);
  /** @returns why the text ends here, or null */
  const take = (token: Token, probability: number): 'stop' | 'length' | null => {
    // Markers of the gap format and of turns belong to no code.
    if (model.isEogToken(token) || engine.markers.has(token) || model.isSpecialToken(token)) return 'stop';
    written += 1;
    likelihood = {
      tokens: likelihood.tokens + 1,
      logProbability: likelihood.logProbability + Math.log(Math.max(probability, 1e-9)),
    };
    if (writer.write(token)) return 'stop';
    return written >= most ? 'length' : null;
  };

  let reason: 'stop' | 'length' | null = null;
  let next: Token[] = [last];
  let healed = prompt.healed;
  while (healed !== '' && reason === null) {
    signal.throwIfAborted();
    const candidates = await firstCandidates(sequence, next);
    const chosen = likeliest(engine, candidates, (text) => agrees(text, healed));
    if (chosen === null) {
      // Nothing that the model would write agrees: the text stands as its own tokens.
      const own = model.tokenize(healed, false);
      for (const token of own) reason ??= take(token, 1);
      next = own;
      healed = '';
      break;
    }
    reason = take(chosen.token, chosen.probability);
    healed = healed.slice(chosen.text.length);
    next = [chosen.token];
  }
  reason ??= await writeOn(sequence, next, options, signal, take);
  writer.finish();
  end(reason, written);
}

/** Reads a prompt up to its last token, which is left for the step that gives the first new one. */
async function readPrompt(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  signal: AbortSignal,
): Promise<{ cachedTokens: number; last: Token }> {
  const whole = tokens.length - 1;
  const cachedTokens = commonLength(sequence.contextTokens, tokens.slice(0, whole));
  if (cachedTokens === 0) await sequence.clearHistory();
  else if (cachedTokens < sequence.nextTokenIndex)
    await sequence.eraseContextTokenRanges([{ start: cachedTokens, end: sequence.nextTokenIndex }]);
  for (let from = cachedTokens; from < whole; from += TYPED_STEP) {
    signal.throwIfAborted();
    const step = tokens.slice(from, Math.min(whole, from + TYPED_STEP));
    await sequence.evaluateWithoutGeneratingNewTokens(step);
  }
  signal.throwIfAborted();
  return { cachedTokens, last: tokens[whole] as Token };
}

/** The likeliest next tokens, likeliest first, each with its share. */
async function firstCandidates(sequence: LlamaContextSequence, tokens: Token[]): Promise<Candidates> {
  const options = { ...SHARES, topK: HEALING_CANDIDATES };
  for await (const { probabilities } of sequence.evaluateWithMetadata(
    tokens,
    { probabilities: true },
    options,
  )) {
    return probabilities;
  }
  return new Map();
}

/** Of the candidates that fit the likeliest, with its share among these; null where none fits. */
function likeliest(
  engine: LlamaCppEngine,
  candidates: Candidates,
  fits: (text: string) => boolean,
): { token: Token; text: string; probability: number } | null {
  let best: { token: Token; text: string; probability: number } | null = null;
  let sum = 0;
  for (const [token, probability] of candidates) {
    const text = engine.model.detokenize([token]);
    if (!fits(text)) continue;
    sum += probability;
    if (best === null || probability > best.probability) best = { token, text, probability };
  }
  return best === null ? null : { ...best, probability: best.probability / sum };
}

/** Writes until a token ends the text. */
async function writeOn(
  sequence: LlamaContextSequence,
  tokens: Token[],
  { temperature, seed }: GenerationJobOptions,
  signal: AbortSignal,
  take: (token: Token, probability: number) => 'stop' | 'length' | null,
): Promise<'stop' | 'length'> {
  // Sampling at 1 gives shares that are the model's own; the likeliest token is then put in the place of the sample.
  const sampling = temperature === 0 ? { ...SHARES, topK: CANDIDATES } : { temperature, yieldEogToken: true };
  const steps = sequence.evaluateWithMetadata(
    tokens,
    { probabilities: true },
    { ...sampling, contextShift: { size: 0 }, ...(seed !== null && { seed }) },
  );
  try {
    let chosen: Token | undefined;
    for (;;) {
      const step = await steps.next(chosen);
      if (step.done) return 'stop';
      signal.throwIfAborted();
      const { token: sampled, probabilities } = step.value;
      const token = temperature === 0 ? likeliestOf(probabilities, sampled) : sampled;
      const reason = take(token, probabilities.get(token) ?? 1);
      if (reason !== null) return reason;
      chosen = token;
    }
  } finally {
    await steps.return();
  }
}

/** Sampling that changes no probability, and ends with no token before it was looked at. */
const SHARES = { temperature: 1, topP: 1, minP: 0, seed: 1, yieldEogToken: true } as const;

function likeliestOf(candidates: Candidates, otherwise: Token): Token {
  let best = otherwise;
  let most = candidates.get(otherwise) ?? 0;
  for (const [token, probability] of candidates) {
    if (probability > most) [best, most] = [token, probability];
  }
  return best;
}
