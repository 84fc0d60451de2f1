import { randomBytes } from 'node:crypto';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A random identifier of lower-case base32 letters (RFC 4648 alphabet): 5 bits a letter, 60 bits by default. */
export function randomId(letters = 12): string {
  let id = '';
  for (const byte of randomBytes(letters)) id += BASE32[byte & 31];
  return id;
}
