import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { type FleetRow, fleetRow } from './fleet-row.js';

/** All rows added up. */
export interface FleetTotals {
  projects: number;
  /** Projects whose index is whole. */
  indexed: number;
  files: number;
  chunks: number;
  /** Projects with a run that waits for its turn. */
  waiting: number;
  /** Projects with a run that a process works on. */
  working: number;
  paused: number;
  /** Projects whose last run has failed. */
  failed: number;
  /** Projects that an adapter answers for. */
  promoted: number;
  /** Projects whose adapter the gate has refused, a person has put aside, or is promoted and cannot answer. */
  refused: number;
  /** Mean fall of the bits per byte of held-out code, as a share of the base's; null where nothing is measured. */
  improvement: number | null;
}

/** A fleet: every project of the data directory, by name. */
export interface FleetStatus {
  projects: FleetRow[];
  totals: FleetTotals;
  /** Projects whose record cannot be read. */
  damaged: { id: string; message: string; remedy: string }[];
}

/** Projects that are read at once: files are waited for together, and few are open. */
const AT_ONCE = 16;

/** Where every project stands, in one pass over their small files. */
export async function fleetStatus(garden: Garden): Promise<FleetStatus> {
  const { projects, problems } = await garden.registry.read();
  const rows: FleetRow[] = [];
  for (let start = 0; start < projects.length; start += AT_ONCE) {
    const batch = projects.slice(start, start + AT_ONCE).map((project) => rowIfThere(garden, project));
    rows.push(...(await Promise.all(batch)).filter((row) => row !== null));
  }
  const damaged = problems.map(({ id, error: { message, remedy } }) => ({ id, message, remedy }));
  return { projects: rows, totals: totalsOf(rows), damaged };
}

/** Null for a project that was removed while we looked. */
async function rowIfThere(garden: Garden, project: ProjectRecord): Promise<FleetRow | null> {
  try {
    return await fleetRow(garden, project);
  } catch (error) {
    if (!GardenerError.isInstance(error) || error.code !== 'garden.file-missing') throw error;
    return null;
  }
}

/** Adds rows up. Pure. */
export function totalsOf(rows: readonly FleetRow[]): FleetTotals {
  const count = (holds: (row: FleetRow) => boolean) => rows.filter(holds).length;
  const sum = (of: (row: FleetRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const measured = rows.flatMap(({ bitsPerByte }) => bitsPerByte ?? []);
  const falls = measured.map(({ base, adapter }) => (base - adapter) / base);
  return {
    projects: rows.length,
    indexed: count(({ index }) => index.state === 'ready'),
    files: sum(({ index }) => index.files),
    chunks: sum(({ index }) => index.chunks),
    waiting: count(({ run }) => run?.status === 'queued'),
    working: count(({ run }) => run !== null && isWorkedOn(run)),
    paused: count(({ run }) => run?.status === 'paused'),
    failed: count(({ run }) => run?.status === 'failed'),
    promoted: count(({ verdict }) => verdict === 'promoted'),
    refused: count(({ verdict }) => verdict === 'refused'),
    improvement: falls.length === 0 ? null : falls.reduce((total, fall) => total + fall, 0) / falls.length,
  };
}

/** Whether a process works on a run, as far as its events say. */
export function isWorkedOn({ finished, status }: NonNullable<FleetRow['run']>): boolean {
  return !finished && status !== 'queued' && status !== 'paused';
}
