import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { LoraError } from '../errors.js';
import { Graph } from './graph.js';
import { float32Of, type HostTensor, hostTensor } from './host-tensor.js';
import { gemm } from './operators/index.js';
import { GraphSession } from './session.js';

const temporary = process.env.TMPDIR;
afterEach(() => {
  if (temporary === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = temporary;
});

function product(): Graph {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1, 2]);
  graph.output(gemm(graph, x, graph.input('w', 'float32', [2, 2])), 'y');
  return graph;
}

async function* weights(): AsyncGenerator<[string, HostTensor]> {
  yield ['w', hostTensor(Float32Array.of(1, 2, 3, 4), [2, 2])];
}

test('a fixed input is a constant of the session, and its file is gone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'model-file-'));
  process.env.TMPDIR = directory;
  await using session = await GraphSession.create(product(), { fixed: weights() });
  const { y } = await session.run({ x: hostTensor(Float32Array.of(1, 10), [1, 2]) });
  expect([...float32Of(y)]).toEqual([31, 42]);
  // Nor are there any of the library's telemetry client, which is switched off.
  expect(await readdir(directory)).toEqual([]);
  await rm(directory, { recursive: true });
});

test('a folder that cannot be written to is named, with what to do', async () => {
  process.env.TMPDIR = join(tmpdir(), 'there-is-no-such-folder');
  await expect(GraphSession.create(product(), { fixed: weights() })).rejects.toMatchObject({
    code: 'autodiff.no-temporary-file',
    remedy: expect.stringContaining('TMPDIR'),
  });
});

test('what the weights throw is not taken for a refusal of ONNX Runtime, and leaves nothing behind', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'model-file-'));
  process.env.TMPDIR = directory;
  const damaged = new LoraError('weights.truncated', 'The file ends too early.', {
    remedy: 'Fetch it again.',
  });
  const broken = (async function* (): AsyncGenerator<[string, HostTensor]> {
    yield* weights();
    throw damaged;
  })();
  await expect(GraphSession.create(product(), { fixed: broken })).rejects.toBe(damaged);
  expect(await readdir(directory)).toEqual([]);
  await rm(directory, { recursive: true });
});
