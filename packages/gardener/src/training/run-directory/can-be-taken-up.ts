import type { Run } from '../../garden/runs/runs.js';
import { RunDirectory } from './run-directory.js';

/** Whether a training has failed and left something to go on from. */
export async function canBeTakenUp({ directory, description, state }: Run): Promise<boolean> {
  if (state.status !== 'failed' || description.kind !== 'train') return false;
  return new RunDirectory(directory).hasData();
}
