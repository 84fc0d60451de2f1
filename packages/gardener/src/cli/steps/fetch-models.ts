import type { ModelOnDisk } from '../../models/store/model-store.js';
import type { Session } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatBytes } from '../terminal/quantities.js';

/** One model, fetched as by `fetchModels`. */
export async function fetchModel(session: Session, id: string): Promise<ModelOnDisk> {
  const [model] = await fetchModels(session, [id]);
  if (model === undefined) throw new Error(`${id} was not fetched`);
  return model;
}

/**
 * The models `ids`, fetched with a progress bar where they are not on disk yet.
 * @param options.mend also fetches what was on disk and is damaged now
 * @throws GardenerError as `ensureModel` does
 */
export async function fetchModels(
  session: Session,
  ids: readonly string[],
  { fromFile, mend = false }: { fromFile?: string | undefined; mend?: boolean } = {},
): Promise<ModelOnDisk[]> {
  const { ensureModel } = await import('../../models/store/ensure-model.js');
  const { isHashed, modelOnDisk } = await import('../../models/store/model-store.js');
  const { output, garden } = session;
  const { good, quiet } = output.notePalette;
  const models: ModelOnDisk[] = [];
  for (const id of ids) {
    const present = await modelOnDisk(garden.paths, id);
    // What is given is looked at all the same: a path that was mistyped is no success.
    if (present !== null && isHashed(present) && fromFile === undefined) {
      models.push(present);
      continue;
    }
    const progress = output.progress();
    try {
      const model = await ensureModel(garden.paths, id, {
        signal: session.signal,
        mend,
        ...(fromFile === undefined ? {} : { fromFile }),
        onProgress: ({ stage, done, total }) => {
          const sizes = total === null ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`;
          const detail =
            stage === 'waiting'
              ? 'another command is fetching it'
              : done === 0 && total === null
                ? ''
                : sizes;
          progress.update({ label: `${id}: ${stage}`, done, total, detail });
        },
      });
      const { licence } = model.manifest;
      const checked = `is on disk, checked${licence === null ? '' : `; licence ${licence}`}`;
      progress.finish(`${good('✓')} ${oneLine(id)} ${quiet(checked)}`);
      models.push(model);
    } catch (error) {
      progress.finish();
      throw error;
    }
  }
  return models;
}

/** The models that a project of `baseModel` needs. @throws GardenerError as `ensureModel` does */
export async function fetchProjectModels(session: Session, baseModel: string): Promise<ModelOnDisk[]> {
  const { projectModels } = await import('../../projects/project-models.js');
  return fetchModels(session, projectModels(session.garden.settings, baseModel));
}
