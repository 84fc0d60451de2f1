/** Whether a path is that of a Jupyter notebook. */
export function isNotebook(path: string): boolean {
  return path.toLowerCase().endsWith('.ipynb');
}

const STRING = /^\s*"((?:[^"\\]|\\.)*)",?\s*$/;
const CELL_TYPE = /^\s*"cell_type"\s*:\s*"(\w+)"/;
const SOURCE = /^\s*"source"\s*:\s*\[\s*$/;
const SOURCE_IN_ONE = /^\s*"source"\s*:\s*(?:\[\s*)?"((?:[^"\\]|\\.)*)"\s*\]?,?\s*$/;
const MAX_METADATA_CHARACTERS = 20_000;

/**
 * The Python script in a notebook, line for line: code cells as code, texts as comments, everything else (outputs,
 * settings) as blank lines, so that a line has the number that it has in the file. Null for another language, and for a
 * notebook that is not written one line of source to a line.
 */
export function notebookScript(json: string): string | null {
  if (!isPython(json)) return null;
  const lines = json.split('\n');
  let kind = '';
  let isSource = false;
  let found = false;
  const script = lines.map((line) => {
    kind = CELL_TYPE.exec(line)?.[1] ?? kind;
    if (isSource) {
      const written = STRING.exec(line)?.[1];
      if (written === undefined) isSource = false;
      else {
        found = true;
        return asScript(kind, written);
      }
    } else if (SOURCE.test(line)) isSource = true;
    else {
      const written = SOURCE_IN_ONE.exec(line)?.[1];
      if (written !== undefined && !written.slice(0, -2).includes('\\n')) {
        found = true;
        return asScript(kind, written);
      }
    }
    return '';
  });
  return found ? script.join('\n') : null;
}

/** By the language that the notebook names; one that names none is Python's. */
function isPython(json: string): boolean {
  const end = json.slice(-MAX_METADATA_CHARACTERS);
  const start = json.slice(0, MAX_METADATA_CHARACTERS);
  const named = /"language_info"\s*:\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)?"name"\s*:\s*"([^"]{1,40})"/;
  const name = (named.exec(end) ?? named.exec(start))?.[1] ?? 'python';
  return /^i?python\d?$/i.test(name);
}

function asScript(kind: string, written: string): string {
  let line: string;
  try {
    line = (JSON.parse(`"${written}"`) as string).replace(/\n$/, '').replace(/[\r\n]/g, ' ');
  } catch {
    return '';
  }
  if (kind !== 'code') return line.trim() === '' ? '' : `# ${line}`;
  // Commands of the notebook are no Python.
  return /^\s*[%!]/.test(line) ? `# ${line}` : line;
}
