import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GardenerCommand } from '../pipeline/gardener-command.js';
import { History } from './history.js';
import { lossesOn } from './losses-on.js';

const { values } = parseArgs({
  options: {
    /** A git directory with a history, a bare one too. */
    repository: { type: 'string' },
    /** How the results call it; the folder's name else. */
    name: { type: 'string' },
    /** So many commits of the main line are replayed, the last of which is followed by those that are measured on. */
    commits: { type: 'string', default: '30' },
    /** A refresh after so many of them. */
    every: { type: 'string', default: '10' },
    /** So many commits behind them tell what is worked on next: the files that they touch are measured on. */
    ahead: { type: 'string', default: '10' },
    budget: { type: 'string', default: '10m' },
    /** A GGUF file or a catalogue id; the default base else. */
    base: { type: 'string' },
    results: {
      type: 'string',
      default: fileURLToPath(new URL('results.jsonl', import.meta.url)),
    },
  },
});

/**
 * What refreshing an adapter is worth: a repository is trained on as it was some commits ago, its commits are replayed
 * with `gardener refresh` in between, and at the end a new adapter is trained. Base, first adapter, refreshed adapter
 * and new one are then scored on the files that the next commits touch, as these leave them. One JSON object.
 */
async function main(): Promise<void> {
  const { repository, budget, base } = values;
  if (repository === undefined) throw new Error('which repository? --repository DIR');
  const [commits, every, ahead] = [Number(values.commits), Number(values.every), Number(values.ahead)];
  const work = await mkdtemp(join(tmpdir(), 'gardener-refresh-'));
  try {
    const history = History.clone(repository, join(work, 'code'), commits + ahead + 1);
    const gardener = new GardenerCommand(join(work, 'data'));
    history.checkout(0);
    const chosen = base === undefined ? [] : ['--base', base];
    const named = ['--name', 'measured', '--budget', budget, '--wait'];
    const first = await gardener.run('add', history.root, ...chosen, ...named);
    const version = first.status?.adapter?.version ?? null;
    if (version === null) throw new Error(`no adapter was trained: ${first.stderr.slice(-500)}`);
    // A refresh goes on from what is promoted.
    if (first.status?.adapter.promoted !== true) await gardener.run('promote', 'measured', String(version));
    const refreshes: object[] = [];
    let refreshed = version;
    for (let done = every; done <= commits; done += every) {
      history.checkout(done);
      const { status } = await gardener.run('refresh', 'measured', '--budget', budget, '--wait');
      const { promoted = false, version: newest = null, reason = null } = status?.adapter ?? {};
      if (promoted && newest !== null) refreshed = newest;
      refreshes.push({ commits: done, version: newest, promoted, reason, training: status?.training.reason });
    }
    const { status } = await gardener.run('train', 'measured', '--budget', budget, '--wait');
    const anew = status?.scorecard?.adapterVersion ?? null;
    history.checkout(commits + ahead);
    const touched = history.touched(commits, commits + ahead);
    const versions = { base: null, first: version, refreshed, anew };
    const result = {
      ...{
        repository: values.name ?? basename(repository),
        head: history.head,
        commits,
        every,
        ahead,
        budget,
      },
      ...{ base: status?.project.baseModel, promotedAtFirst: first.status?.adapter.promoted, refreshes },
      versions,
      ...(await lossesOn(gardener, history.root, touched, versions)),
    };
    await appendFile(values.results, `${JSON.stringify(result)}\n`);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

await main();
