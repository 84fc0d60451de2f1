import { eastAsianEncoding } from './east-asian-encoding.js';

// Above these shares of all bytes a file is no text: control characters, bytes that are not UTF-8.
const MAX_CONTROL_SHARE = 0.02;
const MAX_FOREIGN_SHARE = 0.3;

/**
 * The text of a file's bytes, without byte order mark: UTF-8, UTF-16 with byte order mark, an encoding of East Asia, or
 * Latin-1 (as Windows-1252, which contains it). UTF-8 with some broken bytes keeps the rest and has U+FFFD in their
 * place. Null for binary content.
 */
export function decodeText(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16(bytes, 'utf-16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16(bytes, 'utf-16be');
  if (!looksLikeText(bytes)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const { sequences, strays } = countUtf8(bytes);
    if (sequences > strays) return new TextDecoder('utf-8').decode(bytes);
    const eastAsian = eastAsianEncoding(bytes);
    if (eastAsian !== null) return new TextDecoder(eastAsian).decode(bytes);
    return strays / bytes.length > MAX_FOREIGN_SHARE ? null : new TextDecoder('windows-1252').decode(bytes);
  }
}

function decodeUtf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): string | null {
  const text = new TextDecoder(encoding).decode(bytes);
  // The same two bytes also begin other formats, UTF-32 among them.
  let foreign = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0) return null;
    if (unit === 0xfffd) foreign++;
  }
  return foreign > text.length * MAX_CONTROL_SHARE ? null : text;
}

function looksLikeText(bytes: Uint8Array): boolean {
  let controls = 0;
  for (const byte of bytes) {
    if (byte === 0) return false;
    // Tab, line feed, vertical tab, form feed, carriage return and escape occur in sources.
    if (byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1b) controls++;
  }
  return controls <= bytes.length * MAX_CONTROL_SHARE;
}

/** Whole multi-byte sequences of UTF-8, and bytes above 0x7f that are part of none. */
function countUtf8(bytes: Uint8Array): { sequences: number; strays: number } {
  let sequences = 0;
  let strays = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x80) continue;
    const following = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : 0;
    let found = 0;
    while (found < following && (bytes[i + found + 1] ?? 0) >> 6 === 0b10) found++;
    if (following > 0 && found === following) {
      sequences++;
      i += following;
    } else strays++;
  }
  return { sequences, strays };
}
