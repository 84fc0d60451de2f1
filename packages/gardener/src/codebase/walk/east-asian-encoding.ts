/** Encodings of two bytes a character, by the names that TextDecoder knows. */
export type EastAsianEncoding = 'shift_jis' | 'gb18030' | 'big5' | 'euc-kr' | 'euc-jp';

/** Above this share of high bytes alone between ASCII a text is of Europe: an accented letter in a word. */
const MAX_ALONE_SHARE = 0.25;
const MIN_COMMON_SHARE = 0.6;

/**
 * The East Asian encoding of a text that is not UTF-8, or null: each byte must be part of a character of it, and most
 * characters must be common ones of the language. A few characters may be of two encodings: the commoner one is taken.
 */
export function eastAsianEncoding(bytes: Uint8Array): EastAsianEncoding | null {
  const pairs = pairsOf(bytes);
  if (pairs === null) return isDecodable(bytes, 'shift_jis') && isJapanese(bytes) ? 'shift_jis' : null;
  const share = (test: (lead: number, trail: number) => boolean) =>
    pairs.filter(([lead, trail]) => test(lead, trail)).length / pairs.length;
  const isLow = (_: number, trail: number) => trail < 0xa1;
  // Leads below 0xa1 are those of Shift-JIS, where kana and common kanji are; GBK has rare characters there.
  if (share((lead) => (lead >= 0x81 && lead <= 0x9f) || lead >= 0xe0) > MIN_COMMON_SHARE && isJapanese(bytes))
    return 'shift_jis';
  if (share((lead) => lead === 0xa4 || lead === 0xa5) > 0.3 && isDecodable(bytes, 'euc-jp')) return 'euc-jp';
  if (
    share(isLow) > 0.15 &&
    share((lead) => lead >= 0xa4 && lead <= 0xc6) > MIN_COMMON_SHARE &&
    isDecodable(bytes, 'big5')
  )
    return 'big5';
  const isHangul =
    pairs.length >= 10 && share((lead, trail) => lead >= 0xb0 && lead <= 0xc8 && trail >= 0xa1) > 0.97;
  if (isHangul && isDecodable(bytes, 'euc-kr')) return 'euc-kr';
  const common = share(
    (lead, trail) => trail >= 0xa1 && ((lead >= 0xb0 && lead <= 0xd7) || lead === 0xa1 || lead === 0xa3),
  );
  return common > MIN_COMMON_SHARE && isDecodable(bytes, 'gb18030') ? 'gb18030' : null;
}

/** The pairs of bytes that begin with a high one; null where one has no second byte, or too many stand alone. */
function pairsOf(bytes: Uint8Array): [lead: number, trail: number][] | null {
  const pairs: [number, number][] = [];
  let alone = 0;
  let high = 0;
  for (let at = 0; at < bytes.length; at++) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) continue;
    const trail = bytes[at + 1] ?? 0;
    if (trail < 0x40 || trail === 0x7f || lead === 0x80 || lead === 0xff) return null;
    if (trail < 0x80 && (bytes[at - 1] ?? 0) < 0x80 && (bytes[at + 2] ?? 0) < 0x80) alone++;
    high++;
    pairs.push([lead, trail]);
    at++;
  }
  return pairs.length === 0 || alone / high > MAX_ALONE_SHARE ? null : pairs;
}

/** Read as Shift-JIS it is kana, kanji and their punctuation, and not half a katakana for each byte. */
function isJapanese(bytes: Uint8Array): boolean {
  if (!isDecodable(bytes, 'shift_jis')) return false;
  const foreign = [...new TextDecoder('shift_jis').decode(bytes)].filter((character) => character > '\x7f');
  const common = foreign.filter((character) =>
    /[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e]/.test(character),
  ).length;
  const bytesHigh = bytes.reduce((count, byte) => count + (byte >= 0x80 ? 1 : 0), 0);
  return common >= 2 && common / foreign.length > 0.9 && bytesHigh / foreign.length > 1.2;
}

function isDecodable(bytes: Uint8Array, encoding: EastAsianEncoding): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
