import { remembered } from './remembered.js';
import type { Named } from './word-overlap.js';
import { stemsOf } from './words.js';

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
export const stemName: (path: string) => Named = remembered((path) => {
  const stem = fileStem(path);
  return { words: stemsOf(stem), compact: stem.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '') };
});

/** A file by the words of the folders it lies in. */
export const folderName: (path: string) => Named = remembered((path) => ({
  words: stemsOf(path.split('/').slice(0, -1).join(' ')),
}));
