import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from 'node-llama-cpp';
import type { TokenScores } from '../../runtime/runtime.js';

/** Added to the true token's logit so that it leads; far above real gaps, and e^-60 is still a normal float32. */
const BIAS_LOGITS = 60;

/** Makes a token bias; passed in because node-llama-cpp's own class is loaded lazily. */
export type BiasToken = (token: Token, logits: number) => NonNullable<SampleOptions>['tokenBias'];
type GenerateNext = Exclude<ControlledEvaluateInputItem, Token>[1]['generateNext'];
type SampleOptions = NonNullable<GenerateNext>['options'];

/**
 * Teacher-forced scores of a sequence. node-llama-cpp gives probabilities only as a Map of the whole vocabulary per
 * position, which is slow, so two passes ask for less: the first for the likeliest token and its probability p1; the
 * second, where the truth is another token, for the two leaders after the truth's logit was raised by a known amount.
 * The ratio of these two gives log(p) - log(p1) with the precision of a float32 logit.
 * @param sequence empty; left empty
 * @param tokens at least two, not more than the sequence holds
 */
export async function scoreTokens(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  biasToken: BiasToken,
): Promise<TokenScores> {
  const count = tokens.length - 1;
  const top1 = new Int32Array(count);
  const logProbability = new Float32Array(count);

  const leaders = await sequence.controlledEvaluate(
    tokens.map((token, index) =>
      index < count ? [token, { generateNext: { token: true, confidence: true } }] : token,
    ),
  );
  for (let index = 0; index < count; index++) {
    const next = leaders[index]?.next;
    if (typeof next?.token !== 'number' || next.confidence === undefined) {
      throw new Error(`llama.cpp gave no prediction at position ${index}`);
    }
    top1[index] = next.token;
    logProbability[index] = Math.log(next.confidence);
  }

  await sequence.clearHistory();
  const compared = await sequence.controlledEvaluate(
    tokens.map((token, index) => {
      const truth = tokens[index + 1];
      if (truth === undefined || truth === top1[index]) return token;
      const options = { temperature: 1, topK: 2, topP: 1, minP: 0, seed: 1 };
      return [
        token,
        {
          generateNext: {
            probabilities: true,
            options: { ...options, tokenBias: biasToken(truth, BIAS_LOGITS) },
          },
        },
      ] as ControlledEvaluateInputItem;
    }),
  );
  for (let index = 0; index < count; index++) {
    const pair = compared[index]?.next.probabilities;
    if (pair === undefined) continue;
    const truth = pair.get(tokens[index + 1] as Token);
    const leader = pair.get(top1[index] as Token);
    // Where the two leaders do not include the true token, its logit lies more than the bias below the leader's.
    const gap = truth === undefined || leader === undefined ? 0 : Math.log(truth / leader);
    logProbability[index] = (logProbability[index] ?? 0) + gap - BIAS_LOGITS;
  }
  await sequence.clearHistory();
  return { top1, logProbability };
}
