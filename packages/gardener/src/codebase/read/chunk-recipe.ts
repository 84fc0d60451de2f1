/**
 * Version of the whole way from a file's bytes to its chunks: languages, parsing, chunking, what is left out, what
 * is masked. Raise it with any change of these: the next update then chunks every file again, and embeds only the
 * texts that came out different.
 */
export const CHUNK_RECIPE = 3;
