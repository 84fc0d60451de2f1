/** llama.cpp's name of a part of a split model, counted from 1: `model-00001-of-00003.gguf`. */
const PART_NAME = /^(?<stem>.*)-(?<part>\d{5})-of-(?<count>\d{5})\.gguf$/is;
/** More than any model has. */
const MAX_PARTS = 512;

/**
 * The names of all parts of the split model that a file name is a part of, the first one first; null where the name is
 * that of a whole file, or of no part that there can be.
 * @param path a name, or a path that ends with one
 */
export function splitParts(path: string): string[] | null {
  const { stem, part, count } = PART_NAME.exec(path)?.groups ?? {};
  const parts = Number(count);
  if (stem === undefined || parts < 2 || parts > MAX_PARTS) return null;
  if (Number(part) < 1 || Number(part) > parts) return null;
  const digits = (number: number) => `${number}`.padStart(5, '0');
  return Array.from({ length: parts }, (_, index) => `${stem}-${digits(index + 1)}-of-${digits(parts)}.gguf`);
}
