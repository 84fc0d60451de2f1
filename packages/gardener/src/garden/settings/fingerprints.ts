const FINGERPRINT_DIGITS = 12;
const FINGERPRINT = new RegExp(`^[0-9a-f]{${FINGERPRINT_DIGITS}}$`);

/** The fingerprints of a list such as `3fa91c0b77de, 90b1f2c4d5e6`. */
export function fingerprintsOf(list: string): string[] {
  return list.split(/[\s,]+/).filter((one) => one !== '');
}

/** Whether a text is the fingerprint of a secret: the first 12 digits of a sha256, in small letters. */
export function isFingerprint(text: string): boolean {
  return FINGERPRINT.test(text);
}

/** What of a sha256 in hex is a fingerprint: enough to tell the secrets of all codebases apart. */
export function shortened(sha256: string): string {
  return sha256.slice(0, FINGERPRINT_DIGITS);
}
