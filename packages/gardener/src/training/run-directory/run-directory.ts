import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SupervisedExample } from '@codebase-gardener/lora';
import type { z } from 'zod';
import { asFilesystemError } from '../../garden/errors/filesystem-error.js';
import { isThere } from '../../garden/files/file-version.js';
import { readJsonIfPresent, writeJson } from '../../garden/files/json-state.js';
import { RUN_FILES } from '../../garden/runs/run-files.js';
import { locateRun } from '../../garden/runs/runs.js';
import { holdsAdapter } from '../adapters/adapter-store.js';
import type { DataManifest } from '../data/data-manifest.js';
import { encodeExamples } from '../data/example-file.js';
import type { RunData } from '../data/run-data.js';
import { type SideScores, sideScoresSchema } from '../evaluation/side-scores.js';
import { readDataFolder, readDataManifest, writeDataFolder } from './data-folder.js';
import { type EngineSettings, readEngineSettings, writeEngineSettings } from './engine-settings.js';

/**
 * The directory of a training run: where each stage leaves its outcome, and how a resumed run sees that a stage is
 * done. What is under its name is whole: files and folders are made beside their place and renamed.
 *
 * | Part                | Stage         | Done when                                      |
 * | ------------------- | ------------- | ---------------------------------------------- |
 * | data/               | make examples | the folder is there                            |
 * | baseline.json       | score base    | the file is there                              |
 * | engine.json         | train adapter | the file is there: settings of the first start |
 * | checkpoint/         | train adapter | never: an engine goes on from it               |
 * | job/                | train adapter | never: what a job at another place is told     |
 * | output/             | train adapter | it holds a PEFT adapter                        |
 * | strength.json       | strength      | the file is there                              |
 * | retrieval.json      | retrieval     | the file is there                              |
 * | adapter_scores.json | score adapter | the file is there                              |
 *
 * That its adapter was saved is said by the adapter's own manifest, which names the run (see `saveAdapter`). run.json,
 * events.jsonl and control.json belong to garden/runs.
 */
export class RunDirectory {
  /** @param path absolute */
  constructor(readonly path: string) {}

  /** Whether the run's examples have been made. */
  async hasData(): Promise<boolean> {
    return isThere(this.#data);
  }

  /**
   * Keeps the run's examples; those that are there stay. @throws GardenerError `garden.disk-full`,
   * `garden.permission-denied`
   */
  async writeData(data: RunData): Promise<void> {
    if (await this.hasData()) return;
    try {
      await formFolder(this.#data, (folder) => writeDataFolder(folder, data));
    } catch (error) {
      throw asFilesystemError(error, this.#data, 'write');
    }
  }

  /**
   * The run's examples, checked against their hash.
   * @param vocabularySize of the base model: token ids must lie below it
   * @throws GardenerError `training.damaged-data`, `garden.damaged-file`, `garden.file-missing`
   */
  async readData(vocabularySize: number): Promise<RunData> {
    return readDataFolder(this.#data, vocabularySize);
  }

  /** What the run's examples were made of. @throws GardenerError `garden.damaged-file`, `garden.file-missing` */
  async readDataManifest(): Promise<DataManifest> {
    return readDataManifest(this.#data);
  }

  /** What the base model scored, or null before it was. @throws GardenerError `garden.damaged-file` */
  async readBaseScores(): Promise<SideScores | null> {
    return readJsonIfPresent(this.#file('baseScores'), sideScoresSchema);
  }

  /** engine.json, its paths absolute. @throws GardenerError `garden.damaged-file`, `garden.file-missing` */
  async readEngineSettings(): Promise<EngineSettings> {
    return readEngineSettings(this.#file('engineSettings'), this.path);
  }

  /**
   * Settles what the training engine is told: what the first attempt wrote holds, since a resumed training must not
   * change it.
   * @returns the settings that hold
   * @throws GardenerError `garden.damaged-file`, `garden.disk-full`, `garden.permission-denied`
   */
  async settleEngineSettings(wanted: EngineSettings): Promise<EngineSettings> {
    const file = this.#file('engineSettings');
    if (!(await isThere(file))) {
      const dataDirectory = locateRun(this.path).paths.root;
      await writeEngineSettings(file, wanted, { run: this.path, dataDirectory });
      return wanted;
    }
    return this.readEngineSettings();
  }

  /**
   * Keeps the examples of general code for an engine that has no tokenizer. @throws GardenerError `garden.disk-full`,
   * `garden.permission-denied`
   */
  async writeRetained(examples: readonly SupervisedExample[]): Promise<void> {
    const file = this.#file('retained');
    try {
      await writeFile(file, encodeExamples(examples));
    } catch (error) {
      throw asFilesystemError(error, file, 'write');
    }
  }

  /** Where an engine keeps what it goes on from. Not made yet. */
  get checkpoint(): string {
    return this.#file('checkpoint');
  }

  /** Where this machine and a job at another place tell each other how training goes. Not made yet. */
  get job(): string {
    return this.#file('job');
  }

  /** Where the engine leaves its adapter, a PEFT directory. */
  get output(): string {
    return this.#file('output');
  }

  /** Whether training has ended and left its adapter. */
  async hasOutput(): Promise<boolean> {
    return holdsAdapter(this.output);
  }

  /**
   * Puts the trained adapter into its place once it is whole.
   * @param write writes a PEFT directory into an empty folder
   * @throws what `write` throws
   */
  async writeOutput(write: (folder: string) => Promise<unknown>): Promise<void> {
    await formFolder(this.output, write);
  }

  /**
   * What a stage that measures a model came to: as it is kept, else as `measure` finds it now, which is kept.
   * @throws GardenerError `garden.damaged-file`, `garden.disk-full`, `garden.permission-denied`; what `measure` throws
   */
  async measured<Outcome extends object>(
    part: 'baseScores' | 'strength' | 'retrieval' | 'adapterScores',
    schema: z.ZodType<Outcome>,
    measure: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const file = this.#file(part);
    const known = await readJsonIfPresent(file, schema);
    if (known !== null) return known;
    const found = await measure();
    // What is not a number, as the loss of an adapter that has diverged, cannot be told in JSON: it is measured again.
    if (schema.safeParse(found).success) await writeJson(file, found);
    return found;
  }

  get #data(): string {
    return this.#file('data');
  }

  #file(name: keyof typeof RUN_FILES): string {
    return join(this.path, RUN_FILES[name]);
  }
}

/** Fills a folder beside `target` and renames it to it when it is whole. What killed attempts left beside it goes. */
async function formFolder(target: string, fill: (folder: string) => Promise<unknown>): Promise<void> {
  const forming = `${target}.forming-${process.pid}`;
  try {
    for (const name of await readdir(dirname(target))) {
      if (name.startsWith(`${basename(target)}.forming`)) {
        await rm(join(dirname(target), name), { recursive: true, force: true });
      }
    }
    await mkdir(forming);
    await fill(forming);
    await rm(target, { recursive: true, force: true });
    await rename(forming, target);
  } catch (error) {
    await rm(forming, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}
