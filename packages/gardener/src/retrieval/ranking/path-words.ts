import type { Named } from './word-overlap.js';
import { stemsOfName } from './words.js';

/** Files that are called by the folder they stand for. */
const NEUTRAL_STEM = /^(?:index|mod|__init__|init|main|lib|package|default)$/i;

/** A path's file name without its ending; of `extract/mod.rs` and the like the folder's name. */
export function fileStem(path: string): string {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  const dot = name.indexOf('.', 1);
  const stem = dot < 0 ? name : name.slice(0, dot);
  return NEUTRAL_STEM.test(stem) && parts.length > 1 ? (parts.at(-2) ?? stem) : stem;
}

/** A file by the words of its stem. */
export function stemName(path: string): Named {
  const stem = fileStem(path);
  return { words: stemsOfName(stem), compact: stem.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '') };
}

/** A file by the words of the folders it lies in. */
export function folderName(path: string): Named {
  return { words: stemsOfName(path.split('/').slice(0, -1).join(' ')) };
}
