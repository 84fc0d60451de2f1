import { readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { isThere } from '../../garden/files/file-version.js';
import { json, problems } from '../contract/route.js';
import type { ServerContext } from '../state/context.js';

const MAX_FOLDERS = 1_000;

const getFolders = createRoute({
  method: 'get',
  path: '/api/folders',
  summary: 'The folders in a folder, for choosing a codebase; never files',
  request: { query: z.object({ path: z.string().max(4_096).optional() }) },
  responses: {
    200: json(
      z
        .object({
          path: z.string(),
          parent: z.string().nullable(),
          folders: z.array(
            z
              .object({
                name: z.string(),
                path: z.string(),
                isGit: z.boolean(),
                projectId: z.string().nullable(),
              })
              .openapi('Folder'),
          ),
          home: z.string(),
        })
        .openapi('FolderList'),
      'Without a path, the home folder. At most 1,000.',
    ),
    ...problems,
  },
});

export function addFolderRoutes(app: OpenAPIHono, { garden }: ServerContext): void {
  app.openapi(getFolders, async (c) => {
    const asked = c.req.valid('query').path || homedir();
    const path = await folderAt(asked);
    const names = await folderNames(path);
    const projects = await garden.registry.list();
    const folders = await Promise.all(
      names.map(async (name) => {
        const folder = join(path, name);
        const projectId = projects.find((project) => project.path === folder)?.id ?? null;
        return { name, path: folder, isGit: await isThere(join(folder, '.git')), projectId };
      }),
    );
    const above = dirname(path);
    return c.json({ path, parent: above === path ? null : above, folders, home: homedir() }, 200);
  });
}

async function folderAt(asked: string): Promise<string> {
  if (!isAbsolute(asked) || asked.includes('\0')) throw unreadable(asked, 'it is no absolute path');
  try {
    return await realpath(asked);
  } catch {
    throw unreadable(asked, 'there is nothing, or you may not look there');
  }
}

/** Hidden folders last: they are rarely a codebase. */
async function folderNames(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const names: string[] = [];
    for (const entry of entries) {
      const isFolder =
        entry.isDirectory() ||
        (entry.isSymbolicLink() && (await stat(join(path, entry.name)).catch(() => null))?.isDirectory());
      if (isFolder) names.push(entry.name);
      if (names.length === MAX_FOLDERS) break;
    }
    const order = (name: string) => (name.startsWith('.') ? 1 : 0);
    return names.sort((a, b) => order(a) - order(b) || a.localeCompare(b, 'en'));
  } catch {
    throw unreadable(path, 'it is no folder, or you may not read it');
  }
}

function unreadable(path: string, why: string): GardenerError {
  return new GardenerError('server.folder-unreadable', `${JSON.stringify(path)} cannot be shown: ${why}.`, {
    remedy: 'Choose another folder, or type the path of the codebase.',
  });
}
