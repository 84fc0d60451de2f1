import type { GardenWithProjects } from '../../packages/gardener/src/chat/garden-with-projects.fixture.js';
import { Assistant } from './built.js';
import { median, quantile, rounded } from './figures.js';

const LOADED_SWITCHES = 60;
const COLD_STARTS = 12;
/** Adapters of each project that no process has seen; all projects' together stay below what one process takes. */
const NEW_VERSIONS = 3;

/**
 * How long `prepare` takes: with the adapter loaded, with the base model loaded and an adapter that was never read, and
 * from nothing (index, embedder, base model and adapter).
 */
export async function measureSwitching({ garden, projects, addAdapter }: GardenWithProjects) {
  const open = new Assistant(garden);
  const loaded: number[] = [];
  const kept = projects.slice(0, garden.settings.keptAdapters);
  for (const project of kept) await open.prepare(project);
  for (let n = 0; n < LOADED_SWITCHES; n++) loaded.push((await open.prepare(kept[n % kept.length]!)).ms);
  await open.close();

  const onlyBase: number[] = [];
  const again = new Assistant(garden);
  // Indexes are opened and the embedder is started, as after any other project.
  for (const project of projects) {
    await garden.registry.update(project.id, { promotedAdapter: null });
    await again.prepare(project);
  }
  for (let version = 2; version < 2 + NEW_VERSIONS; version++) {
    for (const [n, project] of projects.entries()) {
      await addAdapter(project, version, 100 * version + n);
      await garden.registry.update(project.id, { promotedAdapter: version });
      onlyBase.push((await again.prepare(project)).ms);
    }
  }
  await again.close();

  const fromNothing: number[] = [];
  for (let n = 0; n < COLD_STARTS; n++) {
    const cold = new Assistant(garden);
    fromNothing.push((await cold.prepare(projects[n % projects.length]!)).ms);
    await cold.close();
  }
  for (const project of projects) await garden.registry.update(project.id, { promotedAdapter: 1 });
  return {
    adapterLoaded: spread(loaded),
    onlyBaseLoaded: spread(onlyBase),
    fromNothing: spread(fromNothing),
  };
}

function spread(ms: number[]) {
  return {
    n: ms.length,
    medianMs: rounded(median(ms), 1),
    p95Ms: rounded(quantile(ms, 0.95), 1),
    maxMs: rounded(Math.max(...ms), 1),
  };
}
