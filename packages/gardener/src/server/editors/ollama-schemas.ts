import { z } from '@hono/zod-openapi';

const name = z.string().min(1).max(4_096);
const stop = z
  .union([z.string().max(1_000), z.array(z.string().max(1_000)).max(100)])
  .nullish()
  .transform((value) => [value ?? []].flat().filter((text) => text !== ''));

const options = z
  .object({
    num_predict: z.number().int().min(-2).nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    seed: z.number().int().nullish(),
    stop,
  })
  .nullish();

/** What both ways of writing take. Other fields of Ollama's are accepted and have no effect. */
const common = { model: name, stream: z.boolean().nullish(), options };

export const generateRequest = z
  .object({
    ...common,
    prompt: z.string().nullish(),
    suffix: z.string().nullish(),
    system: z.string().nullish(),
    raw: z.boolean().nullish(),
  })
  .openapi('OllamaGenerateRequest');

export const chatRequest = z
  .object({
    ...common,
    messages: z
      .array(z.object({ role: z.enum(['system', 'user', 'assistant', 'tool']), content: z.string() }))
      .max(1_000)
      .nullish(),
  })
  .openapi('OllamaChatRequest');

export const showRequest = z
  .object({ model: name.nullish(), name: name.nullish() })
  .openapi('OllamaShowRequest');

const end = {
  model: z.string(),
  created_at: z.string(),
  done: z.boolean(),
  done_reason: z.enum(['stop', 'length', 'load']).optional(),
  total_duration: z.number().optional().openapi({ description: 'Nanoseconds, as all of these.' }),
  load_duration: z.number().optional(),
  prompt_eval_count: z.number().optional(),
  prompt_eval_duration: z.number().optional(),
  eval_count: z.number().optional(),
  eval_duration: z.number().optional(),
};

export const generateAnswer = z.object({ ...end, response: z.string() }).openapi('OllamaGenerateAnswer');
export const chatAnswer = z
  .object({ ...end, message: z.object({ role: z.literal('assistant'), content: z.string() }) })
  .openapi('OllamaChatAnswer');

const details = z.object({
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()),
  parameter_size: z.string(),
  quantization_level: z.string(),
});

export const tagsAnswer = z
  .object({
    models: z.array(
      z.object({
        name: z.string(),
        model: z.string(),
        modified_at: z.string(),
        size: z.number(),
        digest: z.string(),
        details,
      }),
    ),
  })
  .openapi('OllamaTags');

export const showAnswer = z
  .object({
    modelfile: z.string(),
    parameters: z.string(),
    template: z.string(),
    details,
    model_info: z.record(z.string(), z.unknown()),
    capabilities: z.array(z.string()),
  })
  .openapi('OllamaShow');

export const ollamaError = z.object({ error: z.string() }).openapi('OllamaError');

/** Of a base that Gardener runs itself the file is GGUF; more is not known of one on a server. */
export const NO_DETAILS: z.infer<typeof details> = {
  parent_model: '',
  format: 'gguf',
  family: '',
  families: [],
  parameter_size: '',
  quantization_level: '',
};
