/** Offsets of a secret in a text, and who found it. */
export interface FoundSecret {
  start: number;
  end: number;
  /** Id of the rule. */
  rule: string;
  /** The whole of it where that is not what stands there: a secret in several literals. */
  secret?: string;
  /** It is the rest of a secret that stands in several literals. */
  continues?: boolean;
}
