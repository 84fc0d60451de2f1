/** How patient a place is with Ray, ms. */
export interface RayTimes {
  /** Between two looks at what a job tells. */
  pollMs: number;
  /** Between two questions to Ray. */
  statusMs: number;
  /** After this a user is told what is waited for. */
  patientMs: number;
  /** How long Ray may be unable to take a job. */
  submitMs: number;
  /** How long a job may wait for a place. Ray fails it after 900 s: it is taken back before that. */
  placingMs: number;
  /** How long Ray may be away while its job tells nothing either. */
  awayMs: number;
  /** How long a job that runs may say nothing: it says something every 5 s. */
  silentMs: number;
  /** After so long without a word a job that was lost is taken to be dead: it says something every 5 s. */
  quietMs: number;
  /** How long the last words of a job that is over are waited for: the storage may show them late. */
  lastWordsMs: number;
  /** How long a job may take to save a checkpoint and end. */
  stopMs: number;
}

/** See `RayTimes`. */
export const RAY_TIMES: RayTimes = {
  pollMs: 250,
  statusMs: 1_000,
  patientMs: 5_000,
  submitMs: 120_000,
  placingMs: 14 * 60_000,
  awayMs: 10 * 60_000,
  silentMs: 90_000,
  quietMs: 15_000,
  lastWordsMs: 5_000,
  stopMs: 45_000,
};
