import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GardenPaths } from '../files/paths.js';

/** What one project takes, in bytes. */
export interface ProjectDiskUsage {
  id: string;
  indexBytes: number;
  adaptersBytes: number;
  trainingBytes: number;
  conversationsBytes: number;
  /** Everything of it, also its record and what lies beside the folders above. */
  totalBytes: number;
}

/** What the data directory takes, in bytes as allocated on the disk. */
export interface DiskUsage {
  baseModelsBytes: number;
  cacheBytes: number;
  logsBytes: number;
  projects: ProjectDiskUsage[];
  /** Everything, also locks, settings, and what a killed command left. */
  totalBytes: number;
}

/**
 * Measures the data directory: what its files take on the disk (so a sparse file counts what it fills, a small one
 * its whole block). Links are not followed, a file with several names counts once, what vanishes meanwhile or
 * cannot be read counts nothing.
 */
export async function diskUsage(paths: GardenPaths): Promise<DiskUsage> {
  const counted = new Set<string>();
  const bytesOf = (path: string) => sumTree(path, counted);
  const baseModelsBytes = await bytesOf(paths.baseModels);
  const cacheBytes = await bytesOf(paths.cache);
  const logsBytes = await bytesOf(paths.logs);
  const projects: ProjectDiskUsage[] = [];
  for (const id of await namesIn(paths.projects)) {
    if (!id.startsWith('.')) projects.push(await projectUsage(paths, id, bytesOf));
  }
  const parts = [baseModelsBytes, cacheBytes, logsBytes, ...projects.map(({ totalBytes }) => totalBytes)];
  // Files counted above are not counted again here.
  const rest = await bytesOf(paths.root);
  const totalBytes = parts.reduce((sum, bytes) => sum + bytes, rest);
  return { baseModelsBytes, cacheBytes, logsBytes, projects, totalBytes };
}

/**
 * What a file, or a folder with all that is in it, takes on the disk. Measured as by
 * `diskUsage`; 0 when it is not there.
 */
export async function bytesOnDisk(path: string): Promise<number> {
  return sumTree(path, new Set());
}

async function projectUsage(
  paths: GardenPaths,
  id: string,
  bytesOf: (path: string) => Promise<number>,
): Promise<ProjectDiskUsage> {
  const directory = join(paths.projects, id);
  const indexBytes = await bytesOf(join(directory, 'index'));
  const adaptersBytes = await bytesOf(join(directory, 'adapters'));
  const trainingBytes = await bytesOf(join(directory, 'training'));
  const conversationsBytes = await bytesOf(join(directory, 'conversations'));
  const named = indexBytes + adaptersBytes + trainingBytes + conversationsBytes;
  const totalBytes = named + (await bytesOf(directory));
  return { id, indexBytes, adaptersBytes, trainingBytes, conversationsBytes, totalBytes };
}

/** @param counted files and folders that have been counted, by device and inode: each counts once */
async function sumTree(path: string, counted: Set<string>): Promise<number> {
  const facts = await lstat(path, { bigint: true }).catch(() => null);
  if (facts === null) return 0;
  let bytes = addOnce(facts, counted);
  if (!facts.isDirectory()) return bytes;
  for (const name of await namesIn(path)) bytes += await sumTree(join(path, name), counted);
  return bytes;
}

function addOnce(facts: BigIntStats, counted: Set<string>): number {
  const key = `${facts.dev}:${facts.ino}`;
  if (counted.has(key)) return 0;
  counted.add(key);
  // Windows does not tell blocks.
  return Number(process.platform === 'win32' ? facts.size : facts.blocks * 512n);
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
