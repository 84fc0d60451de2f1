import type { Place, Related } from '../../retrieval/search/related.js';
import type { SymbolUses } from '../../retrieval/search/symbol-uses.js';
import type { Palette } from '../terminal/palette.js';
import { oneLine } from '../terminal/plain-text.js';
import { renderLines } from './search-view.js';

const MAX_FILES = 12;

/** What belongs to a place, in paragraphs; empty ones are left out. */
export function renderRelated(related: Related, palette: Palette): string[] {
  const { at, uses, usedBy, imports, importedBy, similar } = related;
  return [
    placeLine(at, palette),
    ...paragraph('Uses', uses, palette),
    ...paragraph('Used by', usedBy, palette),
    ...files('Imports', imports, palette),
    ...files('Imported by', importedBy, palette),
    ...paragraph('Like it', similar, palette),
  ];
}

/** A symbol's declarations and the lines that name it. */
export function renderSymbol(found: SymbolUses, palette: Palette, columns: number): string[] {
  const declared = found.definitions.flatMap((one) => [
    placeLine(one, palette),
    palette.quiet(`    ${oneLine(one.signature)}`),
    ...paragraph('Uses', one.uses, palette),
    ...paragraph('Used by', one.usedBy, palette),
    '',
  ]);
  if (declared.length === 0) declared.push(palette.quiet('No declaration of it in this project.'), '');
  const { references: lines, isCut } = found;
  if (lines.length === 0) return [...declared, palette.quiet('Nothing else names it.')];
  const files = new Set(lines.map(({ path }) => path)).size;
  return [
    ...declared,
    palette.strong('References'),
    ...renderLines({ lines, files, isCut }, { palette, columns, files: false }),
  ];
}

function placeLine({ path, startLine, endLine, symbol, kind }: Place, palette: Palette): string {
  const place = palette.accent(`${oneLine(path)}:${startLine}-${endLine}`);
  const named =
    symbol === null ? palette.quiet(kind) : `${palette.strong(oneLine(symbol))} ${palette.quiet(kind)}`;
  return `${place}  ${named}`;
}

function paragraph(title: string, places: readonly Place[], palette: Palette): string[] {
  if (places.length === 0) return [];
  return ['', palette.strong(title), ...places.map((place) => `  ${placeLine(place, palette)}`)];
}

function files(title: string, paths: readonly string[], palette: Palette): string[] {
  if (paths.length === 0) return [];
  const shown = paths.slice(0, MAX_FILES).map((path) => `  ${palette.accent(oneLine(path))}`);
  const more = paths.length - shown.length;
  return ['', palette.strong(title), ...shown, ...(more > 0 ? [palette.quiet(`  and ${more} more`)] : [])];
}
