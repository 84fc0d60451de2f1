// Entry of the parser's process. A grammar's scanner may loop for ever inside WebAssembly, which only ending the
// process can stop; and the command goes on answering while a large file is parsed.
import { GardenerError } from '../../garden/errors/garden-error.js';
import { findLanguage } from '../languages/languages.js';
import { prepareReader } from '../parse/read-tree.js';
import { doParseJob, type ParseJob, type ParseReply } from './parse-job.js';

// The parent went away, however it ended.
process.on('disconnect', () => process.exit(0));

const reply = (message: ParseReply) => process.send?.(message);

process.on('message', async (job: ParseJob) => {
  try {
    const read = await prepareReader(findLanguage(job.language)!);
    reply({ type: 'begun' });
    reply({ type: 'done', result: doParseJob(job, read) });
  } catch (error) {
    reply({ type: 'failed', error: known(error), reason: String(error) });
  }
});

function known(error: unknown) {
  if (!GardenerError.isInstance(error)) return null;
  return { code: error.code, message: error.message, remedy: error.remedy };
}
