import type { Rule } from '../offence.js';
import type { SourceFile } from '../source-files.js';

/**
 * No file imports itself through others; type imports count. Each knot of files is told once, by its shortest circle.
 */
export const importCircles: Rule = (files) => {
  const importsOf = new Map(files.map((file) => [file.path, loadedBy(file)]));
  const told = new Set<string>();
  return files.flatMap(({ path, imports }) => {
    if (told.has(path)) return [];
    const circle = shortestCircle(path, importsOf);
    if (circle === null) return [];
    for (const other of knotOf(path, importsOf)) told.add(other);
    const line = imports.find(({ target }) => target === circle[1])?.line ?? 1;
    return [{ path, line, what: `imports itself: ${circle.join(' -> ')}` }];
  });
};

function loadedBy({ imports }: SourceFile): string[] {
  return imports.flatMap(({ target, loads }) => (loads && target !== null ? [target] : []));
}

/** From a file back to it, over the fewest files; null when no way leads back. */
function shortestCircle(start: string, importsOf: ReadonlyMap<string, readonly string[]>): string[] | null {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const next of importsOf.get(path) ?? []) {
      if (next === start) return [...wayTo(path, start, cameFrom), start];
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, path);
      queue.push(next);
    }
  }
  return null;
}

function wayTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [end];
  for (let at = end; at !== start; ) {
    at = cameFrom.get(at) ?? start;
    way.unshift(at);
  }
  return way;
}

/** The files that a file reaches and that reach it. */
function knotOf(start: string, importsOf: ReadonlyMap<string, readonly string[]>): string[] {
  const importedBy = new Map<string, string[]>();
  for (const [from, targets] of importsOf) {
    for (const target of targets) importedBy.set(target, [...(importedBy.get(target) ?? []), from]);
  }
  const back = reachable(start, importedBy);
  return [...reachable(start, importsOf)].filter((path) => back.has(path));
}

function reachable(start: string, edges: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set([start]);
  for (const path of reached) for (const next of edges.get(path) ?? []) reached.add(next);
  return reached;
}
