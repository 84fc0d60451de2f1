import type { PythonEngineName } from '../../training/engines/engine-name.js';
import type { Session } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';

/** `gardener doctor --install`: installs a training engine with a line of progress, and tries it. */
export async function installEngine(
  session: Session,
  { install }: { install?: PythonEngineName },
): Promise<void> {
  if (install === undefined) return;
  const { output, garden, signal } = session;
  session.interruptNote = `gardener doctor --install ${install} goes on where this ended.`;
  const engines = await import('../../training/engines/python/install-engine.js');
  const progress = output.progress();
  const { device, versions } = await engines
    .installEngine(garden, install, {
      signal,
      onProgress: (label) => progress.update({ label: oneLine(`${install}: ${label}`) }),
    })
    .finally(() => progress.finish());
  output.value({ engine: install, device, versions });
  const told = Object.entries(versions).map(([library, version]) => `${library} ${version}`);
  output.line(
    `${output.palette.good('✓')} ${install} works: ${oneLine(told.join(', '))} on ${oneLine(device)}`,
  );
  output.line(`Train with it: gardener train --engine ${install}; always: the setting engine.`);
}

/** `gardener doctor --remove`: removes a training engine. */
export async function removeEngine(
  session: Session,
  { remove }: { remove?: PythonEngineName },
): Promise<void> {
  if (remove === undefined) return;
  const engines = await import('../../training/engines/python/install-engine.js');
  const removed = await engines.removeEngine(session.garden.paths, remove);
  session.output.value({ engine: remove, removed });
  session.output.line(removed ? `${remove} is removed.` : `${remove} is not installed.`);
}
