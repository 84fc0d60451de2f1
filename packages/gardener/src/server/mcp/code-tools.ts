import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { CHUNK_KINDS } from '../../codebase/chunk/chunk.js';
import { groupByFile } from '../../retrieval/search/group-by-file.js';
import type { Place } from '../../retrieval/search/related.js';
import type { FoundLine } from '../../retrieval/search/search-lines.js';
import { projectFor } from '../lookup/find-project.js';
import { ageText, ageView, codeText, codeView } from './code-view.js';
import type { McpContext } from './mcp-context.js';
import { runTool, toolResult } from './tool-result.js';

const READ_ONLY = { readOnlyHint: true, openWorldHint: false };
const DEFAULT_RESULTS = 8;
const DEFAULT_LINES = 60;

const project = z.string().max(200).optional().describe('Name or id; the active project otherwise.');
const languages = z
  .array(z.string().max(100))
  .max(50)
  .optional()
  .describe('Only these: typescript, python …');
const kinds = z.array(z.enum(CHUNK_KINDS)).optional().describe('Only these kinds of declaration.');
const path_glob = z.string().max(500).optional().describe('Only paths that match, such as src/**/*.ts');

/** search_code, search_text and related_code. */
export function addCodeTools(server: McpServer, context: McpContext): void {
  addSearchCode(server, context);
  addSearchText(server, context);
  addRelatedCode(server, context);
}

function addSearchCode(server: McpServer, { garden, assistant, signal }: McpContext): void {
  server.registerTool(
    'search_code',
    {
      title: 'Search code',
      description:
        'Find code in a project by what it does ("where is the retry with backoff") or by name (parseConfig). Gives the code itself with path and lines, why it was found, and says when it is cut or may be out of date. The first results name many files; for every place that holds a text use search_text.',
      inputSchema: {
        query: z.string().min(1).max(10_000),
        project,
        k: z.number().int().min(1).max(50).default(DEFAULT_RESULTS).describe('How many results.'),
        files_only: z.boolean().default(false).describe('Paths and names only, without the code.'),
        ...{ languages, kinds, path_glob },
      },
      annotations: READ_ONLY,
    },
    ({ query, project: named, k, files_only, ...filters }, extra) =>
      runTool(async () => {
        const { results, freshness } = await assistant.search(await projectFor(garden, named), query, {
          ...{ k, signal: AbortSignal.any([signal, extra.signal]) },
          ...filtersOf(filters),
        });
        const age = ageView(freshness);
        const views = results.map(codeView);
        const data = {
          index: age,
          files: groupByFile(results).map((file) => ({ path: file.path, places: file.results.length })),
          more: results.length < k ? null : `Ask again with a larger k than ${k}, or with path_glob.`,
        };
        if (files_only) {
          const places = views.map(({ code: _, isCut: __, rest: ___, ...place }) => place);
          const lines = places.map(
            (one) => `${one.path}:${one.startLine}-${one.endLine}  ${one.symbol ?? ''}`,
          );
          return toolResult(textOf(lines.join('\n'), ageText(age)), { ...data, results: places });
        }
        return toolResult(textOf(views.map(codeText).join('\n\n'), ageText(age)), {
          ...data,
          results: views,
        });
      }, extra),
  );
}

function addSearchText(server: McpServer, { garden, assistant }: McpContext): void {
  server.registerTool(
    'search_text',
    {
      title: 'Search text',
      description:
        'Every line of a project that holds a text, or matches a regular expression (RE2: no look-around, no back-references). Use it for exact strings, error messages and all uses of a name.',
      inputSchema: {
        pattern: z.string().min(1).max(1_000),
        project,
        regex: z.boolean().default(false),
        ignore_case: z.boolean().default(false),
        whole_word: z.boolean().default(false),
        k: z.number().int().min(1).max(1_000).default(DEFAULT_LINES).describe('How many lines.'),
        ...{ languages, kinds, path_glob },
      },
      annotations: READ_ONLY,
    },
    ({ pattern, project: named, regex, ignore_case, whole_word, k, ...filters }, extra) =>
      runTool(async () => {
        const record = await projectFor(garden, named);
        const [found, freshness] = await Promise.all([
          assistant.index(record).lines({
            ...{ pattern, regex, ignoreCase: ignore_case, wholeWord: whole_word, k },
            ...filtersOf(filters),
          }),
          assistant.freshnessOf(record),
        ]);
        const age = ageView(freshness);
        const more = found.isCut ? `There are more: ask with a larger k than ${k}, or with path_glob.` : null;
        const text = [found.lines.map(lineText).join('\n'), ...(more === null ? [] : [more])].join('\n');
        return toolResult(textOf(found.lines.length === 0 ? '' : text, ageText(age)), {
          ...{ index: age, lines: found.lines, files: found.files, isCut: found.isCut, more },
        });
      }, extra),
  );
}

function addRelatedCode(server: McpServer, { garden, assistant }: McpContext): void {
  server.registerTool(
    'related_code',
    {
      title: 'Related code',
      description:
        'What belongs to a line of a file: the declarations that the code there uses, those that use it, the files that import it, and code that says much the same. Look here before you change something.',
      inputSchema: {
        path: z.string().min(1).max(4_096),
        line: z.number().int().min(1),
        project,
        k: z.number().int().min(1).max(50).default(DEFAULT_RESULTS).describe('How many of each.'),
      },
      annotations: READ_ONLY,
    },
    ({ path, line, project: named, k }, extra) =>
      runTool(async () => {
        const record = await projectFor(garden, named);
        const found = await assistant.index(record).related({ path, line }, k);
        const list = (title: string, places: readonly Place[]) =>
          places.length === 0 ? [] : [`${title}:`, ...places.map((place) => `  ${placeText(place)}`)];
        const files = (title: string, paths: readonly string[]) =>
          paths.length === 0 ? [] : [`${title}:`, ...paths.slice(0, k).map((one) => `  ${one}`)];
        const age = ageView(await assistant.freshnessOf(record));
        const text = [
          placeText(found.at),
          ...list('Uses', found.uses),
          ...list('Used by', found.usedBy),
          ...files('Imports', found.imports),
          ...files('Imported by', found.importedBy),
          ...list('Like it', found.similar),
        ].join('\n');
        return toolResult(textOf(text, ageText(age)), { ...found, index: age });
      }, extra),
  );
}

interface Filters {
  languages?: string[] | undefined;
  kinds?: (typeof CHUNK_KINDS)[number][] | undefined;
  path_glob?: string | undefined;
}

function filtersOf({ languages, kinds, path_glob }: Filters) {
  return { languages, kinds, pathGlob: path_glob };
}

const textOf = (found: string, age: string) =>
  [found === '' ? 'Nothing found.' : found, ...(age === '' ? [] : [age])].join('\n\n');
const lineText = ({ path, line, text }: FoundLine) => `${path}:${line}: ${text.trim()}`;
const placeText = ({ path, startLine, endLine, symbol, kind }: Place) =>
  `${path}:${startLine}-${endLine}  ${symbol ?? ''} (${kind})`;
