import { z } from 'zod';
import { type RaySettings, rayUrl } from './ray-address.js';
import { badAnswer, otherVersion, requestFailed, unauthorized, unreachable } from './ray-errors.js';
import { askRay, type RayAnswer } from './ray-http.js';

/** The version of Ray's API of jobs that this program speaks: that of all of Ray 2 so far. */
const API_VERSION = '4';
const TIMEOUT_MS = 20_000;

const versionSchema = z.object({ version: z.string().max(100), ray_version: z.string().max(100) });
const submittedSchema = z.object({ submission_id: z.string() });
const stoppedSchema = z.object({ stopped: z.boolean() });
const jobSchema = z.object({
  /** PENDING, RUNNING, STOPPED, SUCCEEDED or FAILED; a later Ray may have more. */
  status: z.string(),
  message: z.string().nullish(),
  error_type: z.string().nullish(),
  driver_exit_code: z.number().nullish(),
});

/** A job as Ray tells of it. */
export type RayJob = z.infer<typeof jobSchema>;

/** What a job is submitted with: https://docs.ray.io/en/latest/cluster/running-applications/job-submission/api.html */
export interface JobRequest {
  entrypoint: string;
  submission_id: string;
  runtime_env: { env_vars: Record<string, string> };
  metadata: Record<string, string>;
  entrypoint_num_cpus: number;
  entrypoint_num_gpus: number;
  /** Bytes. */
  entrypoint_memory: number;
}

/**
 * Ray's REST API of jobs. Every call throws GardenerError `training.ray-unreachable` (retryable),
 * `training.ray-unauthorized`, `training.ray-bad-answer`, `training.ray-request-failed` (retryable for a status of 500
 * and above).
 */
export class RayApi {
  /** The address for sentences. */
  readonly address: string;
  readonly #url: URL;
  readonly #token: string;

  /** @throws GardenerError `training.ray-bad-address` */
  constructor(settings: RaySettings) {
    this.#url = rayUrl(settings);
    this.#token = settings.rayToken;
    this.address = this.#url.href.replace(/\/+$/, '');
  }

  /**
   * Asks what Ray it is.
   * @returns its version, such as 2.60.0
   * @throws GardenerError `training.ray-other-version`
   */
  async version(timeoutMs = TIMEOUT_MS): Promise<string> {
    const answer = await this.#ask('GET', 'api/version', undefined, timeoutMs);
    const { version, ray_version } = this.#checked(answer, versionSchema);
    if (version !== API_VERSION) throw otherVersion(this.address, version, API_VERSION);
    return ray_version;
  }

  /** Submits a job; an id that Ray has already is refused (`training.ray-request-failed`). */
  async submit(job: JobRequest): Promise<void> {
    this.#checked(await this.#ask('POST', 'api/jobs/', job), submittedSchema);
  }

  /** A job, or null where Ray knows none of that id. */
  async job(submissionId: string): Promise<RayJob | null> {
    const answer = await this.#ask('GET', `api/jobs/${encodeURIComponent(submissionId)}`);
    return this.#isUnknownJob(answer) ? null : this.#checked(answer, jobSchema);
  }

  /** Asks a job to end: its processes get a SIGTERM. False where there is nothing to stop. */
  async stop(submissionId: string): Promise<boolean> {
    const answer = await this.#ask('POST', `api/jobs/${encodeURIComponent(submissionId)}/stop`);
    return this.#isUnknownJob(answer) ? false : this.#checked(answer, stoppedSchema).stopped;
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    json?: object,
    timeoutMs = TIMEOUT_MS,
  ): Promise<RayAnswer> {
    const url = new URL(`${this.address}/${path}`);
    const request = { method, url, token: this.#token, timeoutMs, ...(json && { json }) };
    return askRay(request).catch((error: unknown) => {
      const { code, message } = error as { code?: unknown; message?: unknown };
      throw unreachable(this.address, String(code ?? message ?? error), error);
    });
  }

  #isUnknownJob({ status, text }: RayAnswer): boolean {
    // Another server's 404 must not be taken for a job that is lost.
    return status === 404 && text.includes('does not exist');
  }

  #checked<T>({ status, text }: RayAnswer, schema: z.ZodType<T>): T {
    if (status === 401 || status === 403) throw unauthorized(this.address, status, this.#token !== '');
    if (status === 400 || status >= 500) throw requestFailed(this.address, status, text);
    if (status !== 200) throw badAnswer(this.address, `it answers with status ${status}`);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw badAnswer(this.address, 'its answer is not JSON');
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw badAnswer(this.address, `its answer lacks ${where === '' ? 'what it should hold' : where}`);
  }
}
