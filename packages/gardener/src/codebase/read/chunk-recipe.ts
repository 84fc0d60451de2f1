/**
 * Names what becomes of a file's bytes: languages, parsing, chunking, what is left out, what is masked. Chunks
 * of another recipe are made anew by the next update; texts that come out the same are not embedded again. Raise
 * it with any change of those.
 */
export const CHUNK_RECIPE = 1;
