// Entry of the parser's process. A grammar's scanner may loop for ever inside WebAssembly, which only ending the
// process can stop; and the command goes on answering while a large file is parsed.
import { serveJobs } from '../../garden/processes/serve-jobs.js';
import { chunkFile } from '../chunk/chunk-file.js';
import { factsOf } from '../graph/file-facts.js';
import type { LanguageId } from '../languages/language.js';
import { findLanguage } from '../languages/languages.js';
import { prepareReader, type StructureReader } from '../parse/read-tree.js';
import type { ParserProtocol } from './parser-protocol.js';

serveJobs<ParserProtocol>(() => ({
  ready: null,
  jobs: {
    load: async (language) => {
      await readerOf(language);
      return null;
    },
    chunk: async ({ path, language, text }) => {
      const read = await readerOf(language);
      const parsed = read(text);
      return {
        chunks: chunkFile(path, text, parsed),
        hasSyntaxErrors: parsed.hasSyntaxErrors,
        ...(parsed.isRecovered === true ? { isRecovered: true } : {}),
        facts: factsOf(parsed),
      };
    },
  },
}));

function readerOf(id: LanguageId): Promise<StructureReader> {
  const language = findLanguage(id);
  if (language === null) throw new Error(`there is no language ${id}`);
  return prepareReader(language);
}
