import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectTwoLines, TestGarden } from './run-gardener.js';

const garden = new TestGarden();
const BUDGET_S = 75;
const ROOMS = ['adapter', 'weights', 'transformer', 'train/optimizer'];

interface Measure {
  value: number;
  low: number | null;
  high: number | null;
  n: number;
}
interface Arm {
  noRetrieval: { heldOutLoss: Measure | null; exactMatch: Measure | null };
}
interface Status {
  project: { id: string; name: string; baseModel: string };
  index: {
    state: string;
    files: { seen: number; indexed: number };
    chunks: number;
    changedSince: number | null;
  };
  training: { status: string; error: unknown; peakMemoryBytes: number | null };
  adapter: { version: number | null; promoted: boolean; reason: string | null };
  scorecard: {
    base: Arm;
    adapter: Arm;
    promoted: boolean;
    reason: string;
    margin: number;
    parity: { n: number; baseAgreement: number; adapterAgreement: number } | null;
  } | null;
}

let status: Status;
let durationS = 0;

beforeAll(async () => {
  await garden.installModels(inject('baseModelFile'), inject('embeddingModelDirectory'));
  const startMs = performance.now();
  status = await garden.json<Status>(['add', garden.codebase(ROOMS), '--budget', `${BUDGET_S}s`, '--wait']);
  durationS = (performance.now() - startMs) / 1000;
});
afterAll(() => garden.remove());

describe('gardener add --wait', () => {
  it('completes with an index that tells the truth', () => {
    expect(status.training).toMatchObject({ status: 'completed', error: null });
    expect(status.index.state).toBe('ready');
    expect(status.index.files.indexed).toBeGreaterThan(30);
    expect(status.index.chunks).toBeGreaterThan(status.index.files.indexed);
    expect(status.index.changedSince).toBe(0);
  });

  it('gives an honest scorecard: the verdict follows from the figures', () => {
    const { scorecard, adapter } = status;
    expect(scorecard).not.toBeNull();
    if (scorecard === null) return;
    const base = scorecard.base.noRetrieval.heldOutLoss;
    const trained = scorecard.adapter.noRetrieval.heldOutLoss;
    expect(base?.value).toBeGreaterThan(0.5);
    expect(base?.value).toBeLessThan(5);
    expect(trained?.n).toBe(base?.n);
    expect(base?.n).toBeGreaterThan(500);
    expect(scorecard.reason.length).toBeGreaterThan(20);
    expect(adapter.promoted).toBe(scorecard.promoted);
    if (scorecard.promoted) {
      expect(trained?.value).toBeLessThan((base?.value ?? 0) * (1 - scorecard.margin));
    }
  });

  it('lowers the loss on held-out code', () => {
    const { scorecard } = status;
    const base = scorecard?.base.noRetrieval.heldOutLoss?.value ?? 0;
    const trained = scorecard?.adapter.noRetrieval.heldOutLoss?.value ?? 0;
    expect(trained).toBeLessThan(base);
  });

  it('has llama.cpp compute what the trainer computes', () => {
    const parity = status.scorecard?.parity;
    expect(parity?.n).toBeGreaterThan(100);
    expect(parity?.adapterAgreement).toBeGreaterThan((parity?.baseAgreement ?? 1) - 0.04);
  });

  it('keeps to its budget', () => {
    // Indexing comes on top, and a test machine does other things meanwhile.
    expect(durationS).toBeLessThan(BUDGET_S * 1.15 + 90);
  });

  it('leaves an adapter in both formats, with its manifest and scorecard', () => {
    const directory = join(
      garden.dataDir,
      'projects',
      status.project.id,
      'adapters',
      String(status.adapter.version),
    );
    for (const file of [
      'adapter_config.json',
      'adapter_model.safetensors',
      'adapter.gguf',
      'manifest.json',
      'scorecard.json',
    ]) {
      expect(existsSync(join(directory, file)), file).toBe(true);
    }
    const config = JSON.parse(readFileSync(join(directory, 'adapter_config.json'), 'utf8')) as { r: number };
    expect(config.r).toBe(16);
  });
});

describe('with what was made', () => {
  it.each([
    ['split a text into tokens as the model does', /tokeniz/],
    ['write a LoRA adapter as a PEFT directory', /peft/],
    ['read the header of a GGUF file', /gguf/],
  ])('search finds the code for %j', async (query, path) => {
    const results = await garden.json<{ chunk: { path: string } }[]>(['search', query, '-k', '5']);
    expect(results.map(({ chunk }) => chunk.path).join('\n')).toMatch(path);
  });

  it('ask streams an answer and ends with its sources', async () => {
    const { code, stdout, stderr } = await garden.run([
      'ask',
      'How is a LoRA adapter written as a GGUF file?',
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout.length).toBeGreaterThan(80);
    expect(stdout).toMatch(/^.*[\w/.-]+\.ts:\d+-\d+/m);
  });

  it('ask --json gives answer, sources and which model answered', async () => {
    const answer = await garden.json<{
      answer: string;
      sources: { path: string; startLine: number }[];
      adapter: number | null;
    }>(['ask', 'What does the AdamW optimizer do here?']);
    expect(answer.answer.trim()).not.toBe('');
    expect(answer.sources.length).toBeGreaterThan(0);
    expect(answer.adapter).toBe(status.adapter.promoted ? status.adapter.version : null);
  });

  it('promote rolls back to the base model and forward again', async () => {
    const { name } = status.project;
    const base = await garden.json<Status>(['promote', name, 'base']);
    expect(base.adapter.promoted).toBe(false);
    const again = await garden.json<Status>(['promote', name, String(status.adapter.version)]);
    expect(again.adapter).toMatchObject({ version: status.adapter.version, promoted: true });
    expectTwoLines(await garden.run(['promote', name, '99']), /no adapter 99/);
  });

  it('evaluate measures the same again, and status shows it', async () => {
    const { scorecard } = await garden.json<Status>(['evaluate', status.project.name]);
    for (const arm of ['base', 'adapter'] as const) {
      const [again, before] = [scorecard?.[arm], status.scorecard?.[arm]].map(
        (one) => one?.noRetrieval.heldOutLoss,
      );
      // Under another load it may have time for more or fewer windows; the same code is the same loss.
      if (again?.n === before?.n) expect(again?.value).toBeCloseTo(before?.value ?? 0, 3);
      expect(again?.value).toBeGreaterThan(0.3);
    }
    const { stdout } = await garden.run(['status', status.project.name]);
    expect(stdout).toMatch(/held-out loss/);
  });
});
