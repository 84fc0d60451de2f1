import type { Command } from 'commander';
import type { SpareItem } from '../../garden/disk/disk-spare.js';
import type { DiskUsage, ProjectDiskUsage } from '../../garden/disk/disk-usage.js';
import { type Session, withSession } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatBytes, plural } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';

export function defineDisk(program: Command): void {
  program
    .command('disk')
    .summary('what the data directory takes, and what can go')
    .option('--prune', 'remove what can be spared')
    .description(
      'What models, indexes, adapters, runs, caches and logs take on the disk, and how much of it can be spared: checkpoints of ' +
        'ended runs, cached embeddings, adapters that are neither promoted nor the newest two, old runs, old logs.',
    )
    .addHelpText(
      'after',
      `
--prune removes as much as the setting maxDiskMegabytes asks for, or, where that sets no limit, all that can be spared.
With a limit the same happens by itself after each run. Nothing that is in use ever goes.

Examples:
  $ gardener disk
  $ gardener disk --prune
  $ CODEBASE_GARDENER_MAX_DISK_MEGABYTES=2000 gardener disk --prune
  $ gardener disk --json | jq .totalBytes`,
    )
    .action(withSession(disk));
}

async function disk(session: Session, options: { prune?: boolean }): Promise<void> {
  const { garden, output } = session;
  const { diskUsage } = await import('../../garden/disk/disk-usage.js');
  const { findSpare } = await import('../../garden/disk/disk-spare.js');
  const removed = options.prune ? await prune(session) : [];
  const usage = await diskUsage(garden.paths);
  const spareBytes = spareSum(await findSpare(garden.paths));
  const names = new Map((await garden.registry.list()).map(({ id, name }) => [id, name]));
  const projects = usage.projects.map((project) => ({ ...project, name: names.get(project.id) ?? null }));
  const limitBytes = garden.settings.maxDiskMegabytes * 1e6 || null;
  output.value({ ...usage, projects, limitBytes, spareBytes, ...(options.prune ? { removed } : {}) });
  if (removed.length > 0) output.line();
  output.lines(renderTable(rowsOf(usage, projects)));
  const { quiet } = output.palette;
  const limit = limitBytes === null ? '' : ` of ${formatBytes(limitBytes)} (maxDiskMegabytes)`;
  output.line(`\n${formatBytes(usage.totalBytes)} in all${limit}, ${formatBytes(spareBytes)} can be spared.`);
  if (spareBytes > 0 && !options.prune) output.line(quiet('gardener disk --prune'));
}

async function prune({ garden, output }: Session): Promise<SpareItem[]> {
  const { tidyDisk } = await import('../../garden/disk/tidy-disk.js');
  const { tooLarge } = await import('../../garden/disk/disk-limit.js');
  const { maxDiskMegabytes } = garden.settings;
  const { removed, bytesBefore, bytesAfter, fits } = await tidyDisk(
    garden.paths,
    maxDiskMegabytes * 1e6,
    ({ label, bytes }) => {
      garden.log.info({ label, bytes }, 'removed to save disk');
      output.line(`removed ${oneLine(label)} (${formatBytes(bytes)})`);
    },
  );
  output.line(
    removed.length === 0
      ? 'Nothing had to go.'
      : `${plural(removed.length, 'thing')} removed, ${formatBytes(bytesBefore - bytesAfter)} freed.`,
  );
  if (!fits) output.note(output.notePalette.warn(tooLarge(bytesAfter, maxDiskMegabytes)));
  return removed;
}

function rowsOf(usage: DiskUsage, projects: readonly (ProjectDiskUsage & { name: string | null })[]) {
  const row = (label: string, bytes: number, detail = '') => [label, formatBytes(bytes), detail];
  return [
    row('models', usage.baseModelsBytes),
    ...projects.map((project) => {
      const { indexBytes, adaptersBytes, trainingBytes, conversationsBytes } = project;
      const parts = [
        `index ${formatBytes(indexBytes)}`,
        `adapters ${formatBytes(adaptersBytes)}`,
        `runs ${formatBytes(trainingBytes)}`,
        `conversations ${formatBytes(conversationsBytes)}`,
      ];
      return row(oneLine(project.name ?? project.id), project.totalBytes, parts.join(', '));
    }),
    row('cache', usage.cacheBytes),
    row('logs', usage.logsBytes),
  ];
}

/** Parts of a run that could go as a whole are not counted twice. */
function spareSum(items: readonly SpareItem[]): number {
  const runs = items.filter(({ kind }) => kind === 'run').map(({ path }) => path);
  return items
    .filter(({ kind, path }) => kind !== 'checkpoint' || !runs.some((run) => path.startsWith(run)))
    .reduce((sum, { bytes }) => sum + bytes, 0);
}
