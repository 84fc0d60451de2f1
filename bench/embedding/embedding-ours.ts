import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startEncoder } from '../../packages/gardener/src/retrieval/embedding/encoder.js';

/**
 * Embeds texts as an index update does: `embedding-ours.ts <model directory> <texts.json> <threads>`, asked line by
 * line as ../python/sentence-transformers/encode.py is: `embed` prints `{seconds, count}`, `rss` the highest memory of
 * the embedding process so far.
 */
async function main([directory, textsFile, threads]: string[]): Promise<void> {
  const texts = JSON.parse(readFileSync(textsFile!, 'utf8')) as string[];
  const model = { id: 'bench', format: 'bert' as const, directory: directory! };
  const before = new Set(children());
  const encoder = await startEncoder(model, { threads: Number(threads) });
  const child = children().find((pid) => !before.has(pid));
  await encoder.embed(texts.slice(0, 64));
  say({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'rss') say({ peakRssBytes: peakRssBytes(child) + process.resourceUsage().maxRSS * 1024 });
    else if (line === 'vectors')
      say({ vectors: (await encoder.embed(texts.slice(0, 32))).map((row) => [...row]) });
    else {
      const start = performance.now();
      // The size of an index update's commits.
      for (let at = 0; at < texts.length; at += 256) await encoder.embed(texts.slice(at, at + 256));
      say({ seconds: (performance.now() - start) / 1000, count: texts.length });
    }
  }
  await encoder.dispose();
}

const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

/** Ids of this process's children, as Linux tells them. */
function children(): string[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
}

function peakRssBytes(pid: string | undefined): number {
  const status = pid === undefined ? '' : readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

await main(process.argv.slice(2));
