import type { ChatTemplate } from '@codebase-gardener/lora';

/** The marks of ChatML, the format of SmolLM2, Qwen and many others. */
const START = '<|im_start|>';
const END = '<|im_end|>';

/** ChatML in Ollama's template language: system message, turns, and the opening of the answer. */
const CHATML_TEMPLATE = `{{- if .System }}${START}system
{{ .System }}${END}
{{ end }}{{ if .Prompt }}${START}user
{{ .Prompt }}${END}
{{ end }}${START}assistant
{{ .Response }}${END}
`;

/** What a Modelfile names. */
export interface ModelfileParts {
  projectName: string;
  version: number;
  /** GGUF of base and adapter in one, beside the Modelfile. */
  modelFile: string;
  contextTokens: number;
  chatTemplate: ChatTemplate;
}

/**
 * A Modelfile for `ollama create`: base and adapter merged (Ollama since 0.34.1 is reported to refuse ADAPTER),
 * sampling as in `gardener ask`, and the chat template where it is ChatML. Of others Ollama takes the template in the
 * model's file.
 */
export function ollamaModelfile(parts: ModelfileParts): string {
  const lines = [
    `# Adapter ${parts.version} of ${oneLine(parts.projectName)}, written by gardener export.`,
    '#   ollama create my-code -f Modelfile && ollama run my-code',
    `FROM ./${parts.modelFile}`,
    'PARAMETER temperature 0',
    'PARAMETER repeat_penalty 1.1',
    `PARAMETER num_ctx ${parts.contextTokens}`,
  ];
  const system = chatMlSystem(parts.chatTemplate);
  if (system === null) {
    lines.push("# The chat template is the one in the model's file.");
  } else {
    lines.push(`PARAMETER stop "${END}"`, `TEMPLATE """${CHATML_TEMPLATE}"""`);
    if (system !== '') lines.push(`SYSTEM """${system}"""`);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * The system message that the base's template puts in by itself ('' for none), or null
 * where the template is not ChatML.
 */
export function chatMlSystem(template: ChatTemplate): string | null {
  const system = { role: 'system', content: 'the-system' } as const;
  const turns = [
    { role: 'user', content: 'first-question' },
    { role: 'assistant', content: 'first-answer' },
    { role: 'user', content: 'second-question' },
  ] as const;
  try {
    const rendered = template.render([system, ...turns], { addGenerationPrompt: true });
    const expected = `${[system, ...turns].map(chatMlTurn).join('')}${START}assistant\n`;
    if (rendered !== expected) return null;
    const alone = template.render([turns[0]], { addGenerationPrompt: true });
    const rest = `${chatMlTurn(turns[0])}${START}assistant\n`;
    if (!alone.endsWith(rest)) return null;
    const own = alone.slice(0, -rest.length);
    if (own === '') return '';
    const text = new RegExp(`^${escaped(START)}system\n([^"]*)${escaped(END)}\n$`).exec(own)?.[1];
    return text ?? null;
  } catch {
    // A template that takes no system message is not ChatML.
    return null;
  }
}

function chatMlTurn({ role, content }: { role: string; content: string }): string {
  return `${START}${role}\n${content}${END}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ');
}
