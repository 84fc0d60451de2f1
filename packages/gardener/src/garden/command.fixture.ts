/** A gardener command in a process of its own, for tests: `<action> <data directory> ...`; prints one JSON value. */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GardenerError } from './errors/garden-error.js';
import { withLock } from './files/file-lock.js';
import { writeJson } from './files/json-state.js';
import { openGarden } from './garden.js';
import { cancelRun } from './runner/runner-process.js';
import { appendEvent, createRun, readRunEvents } from './runs/runs.js';

const [action = '', dataDir = '', ...rest] = process.argv.slice(2);

const actions: Record<string, () => Promise<unknown>> = {
  open: async () => (await openGarden({ dataDir })).paths.root,
  add: async () => {
    const { registry } = await openGarden({ dataDir });
    return registry.add({ path: rest[0] ?? '', name: rest[1], baseModel: 'base' });
  },
  count: async () => {
    const file = join(dataDir, 'count');
    for (let n = 0; n < Number(rest[0]); n++) {
      await withLock(file, async () => {
        const count = Number(readFileSync(file, 'utf8'));
        await delay(1);
        writeFileSync(file, String(count + 1));
      });
    }
  },
  append: async () => {
    for (let n = 0; n < 50; n++)
      await appendEvent(dataDir, { type: 'log', message: `${rest[0]} ${n} ${'.'.repeat(3000)}` });
  },
  hold: () =>
    withLock(join(dataDir, 'count'), async () => {
      process.stdout.write('held\n');
      await delay(600_000);
    }),
  'die-before-rename': () => {
    fs.rename = async () => {
      process.kill(process.pid, 'SIGKILL');
    };
    syncBuiltinESMExports();
    return writeJson(join(dataDir, 'state.json'), { count: 100 });
  },
  fill: () => fillDisk(dataDir, rest[0] ?? ''),
};

async function codeOf(attempt: Promise<unknown>): Promise<string | null> {
  return attempt.then(
    () => null,
    (error: unknown) => (GardenerError.isInstance(error) ? error.code : String(error)),
  );
}

/** Fills the small file system that the data directory lies on, and tells what still works. */
async function fillDisk(root: string, codebase: string): Promise<unknown> {
  const { registry, paths, log } = await openGarden({ dataDir: root });
  const before = await registry.add({ path: codebase, baseModel: 'base' });
  const run = await createRun(paths, before.id, 'train', {});
  const runDir = paths.run(before.id, run.id);
  await fs.mkdir(join(runDir, 'checkpoint'));
  await fs.writeFile(join(runDir, 'checkpoint', 'state'), Buffer.alloc(16_384));
  const filler = openSync(join(root, 'filler'), 'w');
  for (const size of [65536, 4096, 1]) {
    try {
      for (;;) writeSync(filler, Buffer.alloc(size));
    } catch {
      // Full for this size of writes.
    }
  }
  closeSync(filler);
  log.info('a log that cannot be written fails nothing');
  const update = await codeOf(registry.update(before.id, { trainingReason: 'x'.repeat(20_000) }));
  let append: string | null = null;
  for (let n = 0; n < 200 && append === null; n++) {
    append = await codeOf(appendEvent(runDir, { type: 'log', message: 'x'.repeat(1000) }));
  }
  const { events } = await readRunEvents(runDir);
  const after = await registry.get(before.id);
  const same = JSON.stringify(after) === JSON.stringify(before);
  const cancelled = (await cancelRun(paths, { directory: runDir, description: run })).status;
  await registry.remove(before.id);
  return { update, append, first: events[0]?.type, same, cancelled, left: await registry.list() };
}

try {
  process.stdout.write(`${JSON.stringify({ value: (await actions[action]?.()) ?? null })}\n`);
} catch (error) {
  if (!GardenerError.isInstance(error)) throw error;
  process.stdout.write(
    `${JSON.stringify({ error: { code: error.code, message: error.message, remedy: error.remedy } })}\n`,
  );
}
