/**
 * Turns texts into vectors. Every implementation gives unit vectors, so that the dot product is the cosine.
 */
export interface Embedder {
  /** Names the model and everything that changes its vectors: vectors of two ids are never compared. */
  readonly id: string;
  readonly dimension: number;
  /**
   * One unit vector a text that is searched, in the order of the texts; longer texts than the
   * model takes are cut at their end.
   * @throws GardenerError `retrieval.embedder-died`, `retrieval.embedding-server-down` (retryable),
   * `retrieval.embedding-server-refused`, `retrieval.embedding-server-answer`; the signal's reason when aborted
   */
  embed(texts: string[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** The unit vector of a question: some models want to be told which is which. Throws as `embed`. */
  embedQuery(query: string, signal?: AbortSignal): Promise<Float32Array>;
  dispose(): Promise<void>;
}
