import { window } from 'vscode';
import type { ProjectView, RunView } from '../api/types.js';
import type { GardenerWindow } from '../window/gardener-window.js';
import { projectPath, requireProject } from '../window/require-project.js';

const MINUTE = 60_000;
const BUDGETS = [5, 20, 60, 8 * 60];

/** Trains a new adapter, for as long as the user says. */
export async function train(gardener: GardenerWindow): Promise<void> {
  const { project } = requireProject(gardener);
  const budgets = BUDGETS.map((minutes) => ({
    label: minutes < 60 ? `${minutes} minutes` : minutes === 60 ? 'An hour' : 'Overnight: 8 hours',
    description: minutes === 20 ? 'usual' : '',
    budgetMs: minutes * MINUTE,
  }));
  const chosen = await window.showQuickPick(budgets, {
    title: `Train an adapter for ${project.name}`,
    placeHolder: 'For how long',
  });
  if (chosen === undefined) return;
  await gardener.request<RunView>('POST', projectPath(project.id, '/runs'), {
    body: { kind: 'train', budgetMs: chosen.budgetMs },
  });
  await lookAgain(gardener, project.id);
}

/** Brings the index up to date, and the adapter where much has changed. */
export async function refresh(gardener: GardenerWindow): Promise<void> {
  const { project } = requireProject(gardener);
  await gardener.request('POST', projectPath(project.id, '/refresh'), { body: {} });
  await lookAgain(gardener, project.id);
}

/** Pauses the run under way, or lets it go on. */
export async function controlRun(gardener: GardenerWindow, request: 'pause' | 'resume'): Promise<void> {
  const { project, run } = requireProject(gardener);
  if (run === null) return;
  await gardener.request<RunView>(
    'POST',
    projectPath(project.id, `/runs/${encodeURIComponent(run.id)}/${request}`),
  );
  await lookAgain(gardener, project.id);
}

async function lookAgain(gardener: GardenerWindow, id: string): Promise<void> {
  gardener.server.putProject(await gardener.request<ProjectView>('GET', projectPath(id)));
}
