// Entry of the parser's thread. It computes apart from the command because a scanner may loop for ever inside WebAssembly,
// which only the end of its thread can stop, and because a command answers while a large file is parsed.
import { parentPort } from 'node:worker_threads';
import { GardenerError } from '../garden/errors.js';
import { findLanguage } from './languages.js';
import { doParseJob, type ParseJob, type ParseReply } from './parse-job.js';
import { prepareReader } from './read-tree.js';

const reply = (message: ParseReply) => parentPort?.postMessage(message);

parentPort?.on('message', async (job: ParseJob) => {
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
