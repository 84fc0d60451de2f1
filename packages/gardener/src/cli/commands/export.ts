import { type Command, Option } from 'commander';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  MERGED_TYPES,
  type MergedWeights,
} from '../../projects/exchange/export-formats.js';
import { type Session, withSession } from '../session/session.js';
import { fetchModels } from '../steps/fetch-models.js';
import { parseWholeNumber } from '../steps/parse-options.js';
import { oneLine } from '../terminal/plain-text.js';

interface Options {
  format: ExportFormat;
  to: string;
  adapter?: string;
  type?: MergedWeights;
}

export function defineExport(program: Command): void {
  program
    .command('export')
    .summary('write an adapter for other programs')
    .argument('<project>', 'name, id or path of a project')
    .addOption(new Option('--format <format>', 'what to write').choices(EXPORT_FORMATS).makeOptionMandatory())
    .requiredOption('--to <folder>', 'where to write it; made when it is not there')
    .option('--adapter <version>', 'which adapter (default: the promoted one, else the newest)')
    .addOption(
      new Option(
        '--type <type>',
        'of merged and ollama: how the trained weights are stored (default: F16)',
      ).choices(MERGED_TYPES),
    )
    .description(
      'Write an adapter for other programs. What is written is read back and compared with the adapter that answers here.',
    )
    .addHelpText(
      'after',
      `
Formats:
  peft     adapter_config.json and adapter_model.safetensors, as Hugging Face PEFT reads them
  gguf     adapter.gguf, for llama.cpp: llama-server -m base.gguf --lora adapter.gguf
  mlx      adapter_config.json and adapters.safetensors, as mlx-lm reads them: --adapter-path
  merged   merged.gguf, base and adapter in one file, for whatever runs a GGUF; llama.cpp must predict the same with it
  ollama   Modelfile and merged.gguf, for every version of Ollama: ollama create my-code -f Modelfile

Examples:
  $ gardener export shop --format peft --to ./shop-adapter
  $ gardener export shop --format merged --to ./shop-model --adapter 2
  $ gardener export shop --format ollama --type Q8_0 --to ./shop-model     half the size for those weights
  $ gardener export shop --format merged --type base --to ./shop-model      as small as the base; refused where that costs it`,
    )
    .action(withSession(runExport));
}

async function runExport(session: Session, options: Options, named: string): Promise<void> {
  const { garden, output, signal } = session;
  const project = await garden.registry.get(named);
  await fetchModels(session, [project.baseModel]);
  const { exportAdapter } = await import('../../projects/exchange/export-adapter.js');
  const progress = output.progress();
  const exported = await exportAdapter(garden, project, {
    format: options.format,
    to: options.to,
    signal,
    ...(options.type && { type: options.type }),
    onProgress: (label) => progress.update({ label }),
    ...(options.adapter === undefined
      ? {}
      : { version: parseWholeNumber(options.adapter, '--adapter', 1, 1e9) }),
  }).finally(() => progress.finish());
  output.value(exported);
  const { good, quiet, strong } = output.palette;
  output.line(`${strong(oneLine(project.name))}, adapter ${exported.version}, as ${options.format}:`);
  for (const file of exported.files) output.line(`  ${oneLine(file)}`);
  const { sameChoices } = exported;
  output.line(
    sameChoices === null
      ? `${good('✓')} ${quiet('read back, equal bit for bit')}`
      : `${good('✓')} ${quiet(`loaded by llama.cpp: the same token first at ${sameChoices.same} of ${sameChoices.positions} places, loss ${sameChoices.lossDifference.toFixed(3)} (${((100 * sameChoices.lossDifference) / sameChoices.loss).toFixed(1)} %) off`)}`,
  );
}
