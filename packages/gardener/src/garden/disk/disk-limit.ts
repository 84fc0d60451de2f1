import type { GardenPaths } from '../files/paths.js';
import { appendEvent } from '../runs/run-events.js';
import { loadSettings } from '../settings/load-settings.js';
import { formatBytes } from './format-bytes.js';
import { tidyDisk } from './tidy-disk.js';

/**
 * Keeps the data directory within the setting maxDiskMegabytes after a run; each thing that goes is told in that run's
 * events. Never fails: a disk that cannot be tidied must not make a run that has ended well look bad.
 */
export async function keepDiskLimit(paths: GardenPaths, runDirectory: string): Promise<void> {
  const tell = (message: string) =>
    appendEvent(runDirectory, { type: 'log', message }).catch(() => undefined);
  try {
    const { maxDiskMegabytes } = await loadSettings({ settingsFile: paths.settingsFile });
    if (maxDiskMegabytes === 0) return;
    const { fits, bytesAfter } = await tidyDisk(paths, maxDiskMegabytes * 1e6, ({ label, bytes }) =>
      tell(`Disk: ${label} was removed (${formatBytes(bytes)}).`),
    );
    if (!fits) await tell(tooLarge(bytesAfter, maxDiskMegabytes));
  } catch (error) {
    await tell(`Disk: not tidied: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The sentence for a data directory whose rest is all needed. */
export function tooLarge(bytes: number, maxDiskMegabytes: number): string {
  return (
    `The data directory takes ${formatBytes(bytes)}, more than the ${formatBytes(maxDiskMegabytes * 1e6)} of the setting ` +
    'maxDiskMegabytes, and nothing in it can be spared: remove a project or a model, or raise the setting.'
  );
}
