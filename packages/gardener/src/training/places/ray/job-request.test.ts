import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { GardenPaths } from '../../../garden/files/paths.js';
import type { Attempt } from './job/attempt.js';
import { directoryOnWorker, jobRequest } from './job-request.js';

const folder = mkdtempSync(join(tmpdir(), "gardener's $HOME "));
afterAll(() => rmSync(folder, { recursive: true }));
const run = new GardenPaths(folder).run('abcdefghij', '20261123t182027123z-abcdef');
const attempt: Attempt = {
  schemaVersion: 1,
  attempt: 3,
  submissionId: 'gardener-x-3',
  address: 'http://127.0.0.1:8265',
  closed: false,
  engine: 'onnx',
  enginePython: '',
  weightsHash: '',
};
const resources = { entrypoint_num_cpus: 2, entrypoint_num_gpus: 0, entrypoint_memory: 1e9 };
const here = { rayDataDirectory: '', rayPackage: '' };

/** What a shell makes of the command, without running the program. */
function words(entrypoint: string): string[] {
  const print = `exec '${process.execPath}' -e 'console.log(JSON.stringify(process.argv.slice(1)))' --`;
  return JSON.parse(
    execFileSync('/bin/sh', ['-c', entrypoint.replace(/^exec /, `${print} `)], { encoding: 'utf8' }),
  );
}

test('the command is what a POSIX shell takes it for, whatever the path', () => {
  const job = jobRequest(run, attempt, here, resources);
  expect(words(job.entrypoint).slice(-2)).toEqual([run, '3']);
  expect(words(job.entrypoint)[0]).toBe('env');
  expect(job).toMatchObject({
    submission_id: 'gardener-x-3',
    metadata: { 'codebase-gardener': '20261123t182027123z-abcdef' },
    ...resources,
  });
});

test('workers may have the data directory and the program elsewhere', () => {
  const there = { rayDataDirectory: '/mnt/gardener/', rayPackage: '/opt/codebase-gardener' };
  const directory = '/mnt/gardener/projects/abcdefghij/training/20261123t182027123z-abcdef';
  expect(directoryOnWorker(run, there)).toBe(directory);
  const { entrypoint } = jobRequest(run, attempt, there, resources);
  expect(words(entrypoint).slice(-3)).toEqual([
    '/opt/codebase-gardener/dist/training/places/ray/job/ray-job-child.js',
    directory,
    '3',
  ]);
  expect(words(entrypoint)).toContain('node');
});
