import type { LanguageId, LanguagePart } from './language.js';

/** The languages that parts of a component may have. */
export const COMPONENT_LANGUAGES: readonly LanguageId[] = ['typescript', 'tsx', 'javascript', 'css'];

const OPENING = /<(script|style)\b([^<>]{0,400})>/gi;
const FENCE = /^---[ \t]{0,40}\r?\n/;

/**
 * The scripts and style sheets of a single-file component of Vue or Svelte, or of a page of Astro with what stands
 * above it.
 */
export function componentParts(text: string): LanguagePart[] {
  const parts: LanguagePart[] = [];
  const fence = FENCE.exec(text);
  const fenceEnd = fence === null ? -1 : text.indexOf('\n---', fence[0].length - 1);
  let from = 0;
  if (fence !== null && fenceEnd !== -1) {
    parts.push({ language: 'typescript', start: fence[0].length, end: fenceEnd + 1 });
    from = fenceEnd + 4;
  }
  OPENING.lastIndex = from;
  const lower = text.toLowerCase();
  for (let tag = OPENING.exec(text); tag !== null; tag = OPENING.exec(text)) {
    const [whole, name = '', attributes = ''] = tag;
    if (attributes.trimEnd().endsWith('/')) continue;
    const start = tag.index + whole.length;
    const end = lower.indexOf(`</${name.toLowerCase()}`, start);
    if (end === -1) break;
    const language = languageOfPart(name.toLowerCase(), attributes);
    if (language !== null) parts.push({ language, start, end });
    OPENING.lastIndex = end;
  }
  return parts;
}

/** A text in which everything but one part is blank, so that offsets and lines stay those of the file. */
export function onlyPart(text: string, { start, end }: LanguagePart): string {
  const blank = (outside: string) => outside.replace(/[^\r\n]/g, ' ');
  return blank(text.slice(0, start)) + text.slice(start, end) + blank(text.slice(end));
}

function languageOfPart(name: string, attributes: string): LanguageId | null {
  const written = /\b(?:lang|type)\s?=\s?["']?([\w/+-]+)/i.exec(attributes)?.[1]?.toLowerCase() ?? '';
  if (name === 'style')
    return written === '' || /css$/.test(written) ? (/s[ac]ss|less/.test(written) ? null : 'css') : null;
  if (/tsx/.test(written)) return 'tsx';
  if (/ts|typescript/.test(written)) return 'typescript';
  return /^(?:|jsx?|module|(?:text|application)\/(?:x-)?(?:java|ecma)script|babel)$/.test(written)
    ? 'javascript'
    : null;
}
