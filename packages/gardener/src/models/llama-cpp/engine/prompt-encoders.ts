import {
  chatTemplateFromGguf,
  encodeConversation,
  type ModelTokenizer,
  openGguf,
} from '@codebase-gardener/lora';
import type { LlamaModel, Token } from 'node-llama-cpp';
import { encodeGap, findGapTokens, type Gap, markerTokens } from '../../runtime/fill-in-the-middle.js';
import type { ChatMessage } from '../../runtime/runtime.js';

/** Turns messages into the tokens of an unfinished conversation, with the assistant's turn opened. */
export type ConversationEncoder = (messages: readonly ChatMessage[]) => Int32Array;

/** How a base model's prompts are made into tokens. */
export interface PromptEncoders {
  conversation: ConversationEncoder;
  /** @throws GardenerError `models.no-fill-in-the-middle` */
  gap(gap: Gap): Int32Array;
  /** The tokens of that format, none of which belongs into a completion; empty where the base has no such format. */
  markers: ReadonlySet<number>;
}

/**
 * Encodes conversations with the GGUF's own chat template, exactly as training does, and with llama.cpp's tokenizer.
 * Special tokens count only where the template writes them: `<|im_end|>` in a message is ordinary text.
 * @throws LoraError `weights.*`, `transformer.bad-chat-template`
 */
export async function promptEncoders(model: LlamaModel, modelPath: string): Promise<PromptEncoders> {
  await using source = await openGguf(modelPath);
  const { chatTemplate } = chatTemplateFromGguf(source.metadata);
  const vocabulary = source.metadata.get('tokenizer.ggml.tokens');
  const gapTokens = findGapTokens((text) => indexIn(vocabulary, text));
  const tokenizer = tokenizerOf(model);
  return {
    conversation: (messages) =>
      encodeConversation(tokenizer, chatTemplate, messages, { addGenerationPrompt: true }),
    gap: (gap) => encodeGap(tokenizer.encode, gapTokens, gap),
    markers: gapTokens === null ? new Set() : markerTokens(gapTokens),
  };
}

function indexIn(vocabulary: unknown, text: string): number | undefined {
  const id = Array.isArray(vocabulary) ? vocabulary.indexOf(text) : -1;
  return id < 0 ? undefined : id;
}

/** llama.cpp's tokenizer in the shape of ours; it knows vocabularies that ours does not. */
function tokenizerOf(model: LlamaModel): ModelTokenizer {
  const encoded = (text: string, special: boolean) =>
    text === '' ? new Int32Array() : Int32Array.from(model.tokenize(text, special));
  return {
    encode: (text) => encoded(text, false),
    encodeWithSpecials: (text) => encoded(text, true),
    decode: (tokens) => model.detokenize(Array.from(tokens) as Token[], true),
    vocabularySize: [...model.iterateAllTokens()].length,
    endOfTurnToken: model.tokens.eot ?? model.tokens.eos ?? -1,
    beginToken: model.tokens.bos ?? -1,
    addBegin: model.tokens.shouldPrependBosToken,
    specialTokens: specialTokens(model),
  };
}

function specialTokens(model: LlamaModel): ReadonlyMap<string, number> {
  const special = new Map<string, number>();
  for (const token of model.iterateAllTokens()) {
    if (!model.isSpecialToken(token)) continue;
    const text = model.detokenize([token], true);
    if (text !== '') special.set(text, token);
  }
  return special;
}
