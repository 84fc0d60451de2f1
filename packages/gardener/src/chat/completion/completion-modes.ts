import { LRUCache } from 'lru-cache';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { measuredScorecard } from '../../training/adapters/measured-scorecard.js';
import type { Scorecard } from '../../training/evaluation/scorecard.js';
import { type CompletionMode, completionMode, whoServes } from '../../training/evaluation/uses/who-serves.js';
import type { ChatTarget } from '../assistant-requests.js';

/** A scorecard is read again after this long: not at every key press, and soon after a training has ended. */
const READ_AGAIN_MS = 5_000;

/** How code of projects is completed where a request does not say, as their scorecards tell. */
export class CompletionModes {
  readonly #garden: Pick<Garden, 'paths' | 'registry' | 'settings'>;
  readonly #scorecards = new LRUCache<string, { scorecard: Scorecard | null; promoted: boolean }>({
    max: 64,
    ttl: READ_AGAIN_MS,
  });

  constructor(garden: Pick<Garden, 'paths' | 'registry' | 'settings'>) {
    this.#garden = garden;
  }

  /** @param wish what the request says of the adapter */
  async of(
    project: ProjectRecord,
    { adapter, strength }: Pick<ChatTarget, 'adapter' | 'strength'>,
  ): Promise<CompletionMode> {
    const { scorecard, promoted } = await this.#scorecardOf(project);
    const isWeak = (strength ?? this.#garden.settings.adapterStrength) === 0;
    const isBase = !promoted || adapter === 'base' || isWeak;
    return completionMode(isBase ? 'base' : whoServes(scorecard).completion.by, scorecard);
  }

  async #scorecardOf(project: ProjectRecord): Promise<{ scorecard: Scorecard | null; promoted: boolean }> {
    const known = this.#scorecards.get(project.id);
    if (known !== undefined) return known;
    const { paths, registry } = this.#garden;
    // An adapter may have been promoted since the caller read the record.
    const current = await registry.get(project.id);
    const scorecard = await measuredScorecard(paths, current);
    const found = { scorecard, promoted: current.promotedAdapter !== null };
    this.#scorecards.set(project.id, found);
    return found;
  }
}
