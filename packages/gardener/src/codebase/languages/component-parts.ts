import type { LanguageId, LanguagePart } from './language.js';

/** The languages that parts of a component may have. */
export const COMPONENT_LANGUAGES: readonly LanguageId[] = ['typescript', 'tsx', 'javascript', 'css'];

const OPENING = /<(script|style)(?![\w-])/gi;
/** A tag that is longer was made to exhaust its reader. */
const MAX_TAG_CHARACTERS = 1_000;
/** Whichever comes first in the tag, `lang` says more than `type="module"`. */
const LANG = /(?<![\w-])lang\s?=\s?["']?([\w/+-]+)/i;
const TYPE = /(?<![\w-])type\s?=\s?["']?([\w/+-]+)/i;
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
  for (let tag = OPENING.exec(text); tag !== null; tag = OPENING.exec(text)) {
    const [whole, written = ''] = tag;
    const name = written.toLowerCase();
    const attributes = attributesFrom(text, tag.index + whole.length);
    if (attributes === null || attributes.trimEnd().endsWith('/')) continue;
    const start = tag.index + whole.length + attributes.length + 1;
    // In the text itself: in lower case some letters take more room.
    const closing = name === 'script' ? /<\/script/gi : /<\/style/gi;
    closing.lastIndex = start;
    const end = closing.exec(text)?.index;
    if (end === undefined) break;
    const language = languageOfPart(name, attributes);
    if (language !== null) parts.push({ language, start, end });
    OPENING.lastIndex = end;
  }
  return parts;
}

/** What stands in a tag up to its `>`, which may also stand in a quoted value (`generic="T extends Map<K, V>"`). */
function attributesFrom(text: string, from: number): string | null {
  let quote = '';
  for (let at = from; at < Math.min(text.length, from + MAX_TAG_CHARACTERS); at++) {
    const character = text[at] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '>') return text.slice(from, at);
    else if (character === '<') return null;
    else if (character === '"' || character === "'") quote = character;
  }
  return null;
}

/** A text in which everything but one part is blank, so that offsets and lines stay those of the file. */
export function onlyPart(text: string, { start, end }: LanguagePart): string {
  const blank = (outside: string) => outside.replace(/[^\r\n]/g, ' ');
  return blank(text.slice(0, start)) + text.slice(start, end) + blank(text.slice(end));
}

function languageOfPart(name: string, attributes: string): LanguageId | null {
  const written = (LANG.exec(attributes) ?? TYPE.exec(attributes))?.[1]?.toLowerCase() ?? '';
  if (name === 'style')
    return written === '' || /css$/.test(written) ? (/s[ac]ss|less/.test(written) ? null : 'css') : null;
  if (/tsx/.test(written)) return 'tsx';
  if (/ts|typescript/.test(written)) return 'typescript';
  return /^(?:|jsx?|module|(?:text|application)\/(?:x-)?(?:java|ecma)script|babel)$/.test(written)
    ? 'javascript'
    : null;
}
