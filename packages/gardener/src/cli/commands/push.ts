import type { Command } from 'commander';
import { type Session, withSession } from '../session/session.js';
import { parseWholeNumber } from '../steps/parse-options.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatBytes } from '../terminal/quantities.js';

interface Options {
  to: string;
  adapter?: string;
  name?: string;
}

export function definePush(program: Command): void {
  program
    .command('push')
    .summary('share an adapter with other machines')
    .argument('<project>', 'name, id or path of a project')
    .requiredOption(
      '--to <place>',
      'a folder that the machines share, made when it is not there, or s3://<bucket>/<folder>',
    )
    .option('--adapter <version>', 'which adapter (default: the promoted one)')
    .option('--name <name>', "what the project is called there (default: the project's name)")
    .description(
      'Put an adapter, with its manifest and scorecard, where others can read it: a folder or an object store. They take ' +
        'it with gardener pull, or serve its files. Neither code nor index goes along; the weights have learned from the code.',
    )
    .addHelpText(
      'after',
      `
What is written:
  <place>/<name>/artefact.json       version, base model, size and sha256 of every file; written last
  <place>/<name>/<hash>/             adapter_config.json and adapter_model.safetensors (PEFT), adapter.gguf (llama.cpp),
                                     manifest.json, scorecard.json

Nobody meets half of it: files first, artefact.json at the end, each whole at once. After Ctrl-C the earlier adapter is in force, and
the next push goes on. What is there already is compared and not written again. The last push is the one that is pulled.

Examples:
  $ gardener push shop --to /mnt/team/adapters
  $ gardener push shop --to /mnt/team/adapters --adapter 2
  $ AWS_PROFILE=team gardener push shop --to s3://team-models/adapters
  $ gardener pull shop --from /mnt/team/adapters     on another machine`,
    )
    .action(withSession(runPush));
}

/** The place as it is typed; a folder may have another name on another machine. */
function fromWhere(place: string): string {
  return place.startsWith('s3://') ? oneLine(place) : '<folder>';
}

async function runPush(session: Session, options: Options, named: string): Promise<void> {
  const { garden, output, signal } = session;
  const { openStore, storedName } = await import('../../projects/exchange/open-store.js');
  const { pushAdapter } = await import('../../projects/exchange/push-adapter.js');
  const store = await openStore(options.to);
  const project = await garden.registry.get(named);
  const name = storedName(options.name ?? project.name);
  session.interruptNote =
    'Nobody meets what is not whole: what was pushed before is in force. The same command goes on.';
  const progress = output.progress();
  const { artefact, isNew } = await pushAdapter(garden, project, {
    ...{ to: store, name, signal },
    onProgress: (label, done, total) => progress.update({ label, done, total }),
    ...(options.adapter === undefined
      ? {}
      : { version: parseWholeNumber(options.adapter, '--adapter', 1, 1e9) }),
  }).finally(() => progress.finish());
  output.value({ place: store.place, name, isNew, artefact });
  const { good, quiet, strong } = output.palette;
  const which = `${strong(oneLine(project.name))}, adapter ${artefact.version}`;
  const bytes = artefact.files.reduce((sum, file) => sum + file.bytes, 0);
  if (isNew) {
    const amount = quiet(
      `${artefact.files.length} files, ${formatBytes(bytes)}, ${artefact.id.slice(0, 12)}`,
    );
    output.line(`${good('✓')} ${which}: pushed to ${oneLine(store.place)}  ${amount}`);
  } else output.line(`${which}: is in ${oneLine(store.place)} already; nothing was written.`);
  if (artefact.promoted !== true) {
    const why = artefact.promoted === null ? 'It was never measured.' : 'Its gate did not promote it.';
    output.note(output.notePalette.warn(why));
  }
  if (artefact.strength !== 1) {
    output.note(
      output.notePalette.quiet(
        `It answers at strength ${artefact.strength}: a pull sees to that; llama-server wants --lora-scaled.`,
      ),
    );
  }
  const called = name === project.name ? '' : ` --name ${JSON.stringify(name)}`;
  output.line(`On another machine: gardener pull <project> --from ${fromWhere(store.place)}${called}`);
}
