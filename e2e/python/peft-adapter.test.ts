import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Example,
  type ExampleScore,
  loadBaseModel,
  readPeftAdapter,
  scoreExamples,
  writePeftAdapter,
} from '@codebase-gardener/lora';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { scoreInPython } from '../../bench/python/score-in-python.js';
import { randomAdapter } from './random-adapter.fixture.js';

const python = process.env.GARDENER_PYTHON ?? 'python3';
const directory = mkdtempSync(join(tmpdir(), 'gardener-peft-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const CODE = `export async function writeJson(file: string, value: unknown): Promise<void> {
  const temporary = file + '.tmp';
  await writeFile(temporary, JSON.stringify(value));
  await rename(temporary, file);
}
`;

function nllOf(score: ExampleScore | undefined): number[] {
  return Array.from(score?.nll.subarray(1) ?? []);
}

describe('an adapter saved as a PEFT directory', () => {
  it('gives in Hugging Face PEFT what it gives here, on the real base model', async () => {
    const baseModelFile = inject('baseModelFile');
    await using base = await loadBaseModel(baseModelFile);
    const tokens = base.tokenizer.encode(CODE);
    const example: Example = { tokens, supervised: new Uint8Array(tokens.length).fill(1) };
    const saved = join(directory, 'adapter');
    await writePeftAdapter(saved, randomAdapter(base.config), base.config, { baseModelName: 'smollm2' });
    const adapter = await readPeftAdapter(saved, base.config);
    const [plain] = await scoreExamples(base, null, [example]);
    const [adapted] = await scoreExamples(base, adapter, [example]);
    const [theirPlain] = scoreInPython(python, 'check_peft.py', baseModelFile, '-', [[...tokens]]);
    const [theirAdapted] = scoreInPython(python, 'check_peft.py', baseModelFile, saved, [[...tokens]]);
    expectClose(nllOf(plain), theirPlain?.nll ?? []);
    expectClose(nllOf(adapted), theirAdapted?.nll ?? []);
    // The adapter must matter, or agreement would prove nothing.
    expect(distance(nllOf(plain), nllOf(adapted))).toBeGreaterThan(0.05);
  });
});

/** |a - b| / |b| over the whole row. */
function distance(a: number[], b: number[]): number {
  const difference = Math.hypot(...a.map((value, position) => value - (b[position] ?? Number.NaN)));
  return difference / Math.hypot(...b);
}

function expectClose(ours: number[], theirs: number[]): void {
  expect(ours).toHaveLength(theirs.length);
  expect(distance(ours, theirs)).toBeLessThan(1e-3);
}
