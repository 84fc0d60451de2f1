/**
 * Turns texts into vectors. Every implementation gives unit vectors, so that the dot product is the cosine.
 */
export interface Embedder {
  /** Names the model and everything that changes its vectors: vectors of two ids are never compared. */
  readonly id: string;
  readonly dimension: number;
  /**
   * One unit vector a text, in the order of the texts; longer texts than the model takes are cut at their end.
   * @throws GardenerError `retrieval.embedder-died` (retryable); the signal's reason when aborted
   */
  embed(texts: string[], signal?: AbortSignal): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}
