import { GardenerError } from '../../../../garden/errors/garden-error.js';

const MAX_SHOWN = 300;
const TAKE_UP = 'then take the run up with `gardener resume`';

/** The address cannot be used. */
export function badAddress(address: string, why: string): GardenerError {
  return new GardenerError(
    'training.ray-bad-address',
    `The setting rayAddress cannot be ${JSON.stringify(shown(address))}: ${why}.`,
    {
      remedy:
        'Set it to the address of the cluster, such as https://ray.example.com; over a network that you trust also http, with rayInsecure.',
    },
  );
}

/** Nothing answers there. */
export function unreachable(address: string, why: string, cause?: unknown): GardenerError {
  return new GardenerError('training.ray-unreachable', `Ray at ${address} does not answer (${shown(why)}).`, {
    remedy: `Start it with \`ray start --head\`, or set rayAddress to where it is; ${TAKE_UP}.`,
    retryable: true,
    cause,
  });
}

/** It asks for a token, or for another one. */
export function unauthorized(address: string, status: number, hasToken: boolean): GardenerError {
  const what = hasToken ? 'does not take the token of the setting rayToken' : 'asks for a token';
  return new GardenerError('training.ray-unauthorized', `Ray at ${address} ${what} (${status}).`, {
    remedy: 'Set rayToken to what `ray get-auth-token` prints on its head.',
  });
}

/** It answers, but not as Ray does. */
export function badAnswer(address: string, why: string): GardenerError {
  return new GardenerError(
    'training.ray-bad-answer',
    `What answers at ${address} is not Ray's API of jobs: ${shown(why)}.`,
    { remedy: "Set rayAddress to the address of Ray's dashboard, port 8265 unless it was moved." },
  );
}

/** It speaks another version of the API. */
export function otherVersion(address: string, spoken: string, known: string): GardenerError {
  return new GardenerError(
    'training.ray-other-version',
    `Ray at ${address} speaks version ${shown(spoken)} of its API of jobs, this program version ${known}.`,
    { remedy: 'Use a Ray of version 2, or a Gardener that knows the other.' },
  );
}

/** It could not do what was asked of it. */
export function requestFailed(address: string, status: number, said: string): GardenerError {
  return new GardenerError(
    'training.ray-request-failed',
    `Ray at ${address} could not do what was asked of it (${status}: ${shown(lastLine(said))}).`,
    { remedy: `See the log of its head; ${TAKE_UP}.`, details: { status }, retryable: status >= 500 },
  );
}

/** It has no room for the job. */
export function notPlaced(asked: string, said: string): GardenerError {
  return new GardenerError(
    'training.ray-not-placed',
    `The Ray cluster found no place for the training, which asks for ${asked}${said === '' ? '' : ` (${shown(said)})`}.`,
    {
      remedy: `See with \`ray status\` what is free, lower rayCpus, or add a worker; ${TAKE_UP}.`,
      retryable: true,
    },
  );
}

/** Its workers do not see the run directory. */
export function notShared(directory: string): GardenerError {
  return new GardenerError(
    'training.ray-not-shared',
    `Ray's workers do not see the run directory as ${directory}.`,
    {
      remedy: `Put the data directory on storage that this machine and every worker has; where it is another path there, set rayDataDirectory; ${TAKE_UP}.`,
    },
  );
}

/** The job did not come so far as to say why. */
export function jobFailed(said: string): GardenerError {
  return new GardenerError(
    'training.ray-job-failed',
    `The job could not do its work at Ray: ${shown(lastLine(said))}.`,
    {
      remedy: `Install Node and this version of Gardener on every worker and set rayPackage to where it is; ${TAKE_UP}.`,
      details: { said: said.slice(-4_000) },
    },
  );
}

/** Somebody else has stopped it. */
export function stoppedElsewhere(submissionId: string): GardenerError {
  return new GardenerError('training.ray-stopped', `The job ${submissionId} was stopped at Ray.`, {
    remedy: 'Take the run up with `gardener resume`, or end it with `gardener cancel`.',
    retryable: true,
  });
}

/** It was lost again and again. */
export function lostTooOften(reason: string, times: number): GardenerError {
  return new GardenerError(
    'training.ray-lost',
    `The training was lost at Ray ${times} times, last because ${reason}.`,
    { remedy: `See the logs of its workers, memory first; ${TAKE_UP}.`, retryable: true },
  );
}

/** The program on the worker says what this one does not know. */
export function otherPackage(line: string): GardenerError {
  return new GardenerError(
    'training.ray-other-package',
    `The job at Ray says what this version does not know: ${shown(line)}`,
    { remedy: `Install this version of Gardener on every worker; ${TAKE_UP}.` },
  );
}

/** The last line of a text that is not empty. */
function lastLine(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'it said nothing').trim().replace(/\.$/, '');
}

function shown(text: string): string {
  return text.slice(0, MAX_SHOWN).replaceAll(/\p{Cc}/gu, '?');
}
