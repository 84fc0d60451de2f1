import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How requests are answered, beside as Ray does. */
export type RayBehaviour =
  | 'as-ray'
  | 'no-json'
  | 'another-server'
  | 'other-version'
  | 'redirect'
  | 'no-agent'
  | 'answer-lost'
  | 'silent';

/** What becomes of a job that is submitted. */
export type JobFate = 'run' | 'pending' | 'succeed' | 'unschedulable' | 'stop';

/** A job as the stand-in keeps it. */
interface Job {
  submission: Record<string, unknown> & { submission_id: string; entrypoint: string };
  status: string;
  message: string | null;
  error_type: string | null;
  driver_exit_code: number | null;
  child: ChildProcess | null;
}

/** See `startRecordedRay`. */
export interface RecordedRay {
  address: string;
  /** What was submitted, in order. */
  submissions: Record<string, unknown>[];
  /** Names of the jobs that were asked to stop. */
  stopped: string[];
  /** The token it asks for; empty for none. */
  token: string;
  behaviour: RayBehaviour;
  fate: JobFate;
  /** What Sec-Fetch-Mode came with the requests: Ray refuses those of a browser. */
  secFetchModes: (string | undefined)[];
  /** Kills the process of every job that runs. */
  kill(signal: NodeJS.Signals): void;
  /** Forgets all jobs, whose processes go on: a head that was started anew. */
  forget(): void;
  close(): Promise<void>;
}

/**
 * A local stand-in for a Ray cluster: replays its documented REST API of jobs
 * (https://docs.ray.io/en/latest/cluster/running-applications/job-submission/api.html, Ray 2.60) and runs the
 * command of a job on this machine. For failures that a real one gives seldom; a real one is in
 * run/at-ray.python.test.ts.
 */
export async function startRecordedRay(): Promise<RecordedRay> {
  const jobs = new Map<string, Job>();
  const children = new Set<ChildProcess>();
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ray: RecordedRay = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    submissions: [],
    stopped: [],
    secFetchModes: [],
    token: '',
    behaviour: 'as-ray',
    fate: 'run',
    kill: (signal) => {
      for (const { child } of jobs.values()) if (child?.exitCode === null) child.kill(signal);
    },
    forget: () => jobs.clear(),
    close: async () => {
      for (const child of children) child.kill('SIGKILL');
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    ray.secFetchModes.push(request.headers['sec-fetch-mode'] as string | undefined);
    const send = (status: number, answer: unknown, headers = {}) => {
      response.writeHead(status, headers);
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    };
    const { authorization } = request.headers;
    if (ray.token !== '' && authorization === undefined)
      return send(401, 'Unauthorized: Missing authentication token');
    if (ray.token !== '' && authorization !== `Bearer ${ray.token}`)
      return send(403, 'Forbidden: Invalid authentication token');
    switch (ray.behaviour) {
      case 'silent':
        return void request.socket.destroy();
      case 'no-json':
        return send(200, '<html>welcome</html>');
      case 'another-server':
        return send(404, 'Not Found');
      case 'redirect':
        return send(302, '', { location: 'http://127.0.0.1:1/' });
      default:
    }
    const path = request.url ?? '';
    if (path === '/api/version') {
      const version = ray.behaviour === 'other-version' ? '5' : '4';
      return send(200, { version, ray_version: '2.60.0', ray_commit: 'c', session_name: 's' });
    }
    const [, id = '', isStop] = /^\/api\/jobs\/([^/]*)(\/stop)?$/.exec(path) ?? [];
    if (id === '') return submit(JSON.parse(body), send);
    const job = jobs.get(id);
    if (job === undefined) return send(404, `Job ${id} does not exist`);
    if (isStop === undefined) {
      const { child: _, submission, ...told } = job;
      return send(200, { type: 'SUBMISSION', job_id: null, driver_info: null, ...submission, ...told });
    }
    ray.stopped.push(id);
    job.status = job.status === 'RUNNING' ? 'STOPPED' : job.status;
    send(200, { stopped: job.child?.kill('SIGTERM') ?? true });
  }

  function submit(submission: Job['submission'], send: (status: number, answer: unknown) => void): void {
    const id = submission.submission_id;
    if (ray.behaviour === 'no-agent') {
      send(500, 'No available agent to submit job, please try again later.');
      return;
    }
    if (jobs.has(id)) {
      send(400, `Traceback\nValueError: Job with submission_id ${id} already exists.`);
      return;
    }
    ray.submissions.push(submission);
    const job: Job = {
      submission,
      ...{ status: 'PENDING', message: null, error_type: null, driver_exit_code: null, child: null },
    };
    jobs.set(id, job);
    begin(job);
    // Cut off in the middle of its answer.
    if (ray.behaviour === 'answer-lost') {
      ray.behaviour = 'as-ray';
      send(500, 'Traceback\nConnectionResetError');
    } else send(200, { job_id: id, submission_id: id });
  }

  function begin(job: Job): void {
    switch (ray.fate) {
      case 'pending':
        return;
      case 'succeed':
        job.status = 'SUCCEEDED';
        return;
      case 'stop':
        job.status = 'STOPPED';
        return;
      case 'unschedulable':
        job.status = 'FAILED';
        job.error_type = 'JOB_SUPERVISOR_ACTOR_START_TIMEOUT';
        job.message = 'Job supervisor actor failed to start within 900.0 seconds.';
        return;
      case 'run':
    }
    const child = spawn(job.submission.entrypoint, { shell: '/bin/sh', stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    job.child = child;
    job.status = 'RUNNING';
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    child.once('close', (code, signal) => {
      if (job.status !== 'RUNNING') return;
      job.driver_exit_code = signal === null ? code : -9;
      job.status = code === 0 ? 'SUCCEEDED' : 'FAILED';
      if (code === 0) return;
      job.error_type = 'JOB_ENTRYPOINT_COMMAND_ERROR';
      job.message = `Job entrypoint command failed with exit code ${job.driver_exit_code}, last available logs:\n${said}`;
    });
  }
  return ray;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += String(part);
  return text;
}
