const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * The contents of each element of a name in an answer of S3, not nested in one of the same name, entities undone where
 * it holds text alone. S3 answers without attributes on what is read here, comments or CDATA.
 */
export function textsOf(xml: string, name: string): string[] {
  const texts: string[] = [];
  const [opening, closing] = [`<${name}>`, `</${name}>`];
  for (let at = xml.indexOf(opening); at >= 0; at = xml.indexOf(opening, at)) {
    const from = at + opening.length;
    const to = xml.indexOf(closing, from);
    if (to < 0) break;
    const text = xml.slice(from, to);
    texts.push(text.includes('<') ? text : withoutEntities(text));
    at = to + closing.length;
  }
  return texts;
}

function withoutEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name) return ENTITIES[name] ?? whole;
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Text as it stands in an element. */
export function escaped(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
