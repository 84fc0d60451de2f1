// npm run build -w packages/vscode: dist/desktop.js and dist/web.js, the extension for the two kinds of hosts, and
// dist/ask-page.js, which runs in the panel.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const shared = { absWorkingDir: root, bundle: true, minify: true, target: 'es2022', logLevel: 'warning' };
mkdirSync(join(root, 'dist'), { recursive: true });
// The package is of ES modules; an extension host takes CommonJS, and from files called .js.
writeFileSync(join(root, 'dist', 'package.json'), '{ "type": "commonjs" }\n');
await Promise.all([
  build({
    ...shared,
    ...{ entryPoints: ['src/desktop.ts'], outfile: 'dist/desktop.js' },
    ...{ format: 'cjs', platform: 'node', external: ['vscode'] },
  }),
  build({
    ...shared,
    ...{ entryPoints: ['src/web.ts'], outfile: 'dist/web.js' },
    ...{ format: 'cjs', platform: 'browser', external: ['vscode'] },
  }),
  build({
    ...shared,
    ...{ entryPoints: ['src/panel/page/ask-page.ts'], outfile: 'dist/ask-page.js' },
    ...{ format: 'iife', platform: 'browser' },
  }),
]);
