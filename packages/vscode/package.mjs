// npm run package -w packages/vscode [-- --to FILE]: builds the extension and packs it as a .vsix, which
// `code --install-extension` takes. A .vsix is a zip of the folder extension/, a manifest and a list of content types.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strToU8, zipSync } from 'fflate';
import './build.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const [option, file] = process.argv.slice(2);
if (option !== undefined && (option !== '--to' || file === undefined)) {
  process.stderr.write('usage: npm run package -w packages/vscode [-- --to FILE]\n');
  process.exit(2);
}
const target =
  file === undefined
    ? join(root, 'dist', `${manifest.name}-${manifest.version}.vsix`)
    : resolve(process.env.INIT_CWD ?? '.', file);

// What was bundled is no dependency any more, and npm's own fields mean nothing to an editor.
const { scripts: _, devDependencies: __, private: ___, type: ____, ...shipped } = manifest;
const files = {
  'extension.vsixmanifest': strToU8(vsixManifest(manifest)),
  '[Content_Types].xml': strToU8(contentTypes()),
  'extension/package.json': strToU8(`${JSON.stringify(shipped, null, 2)}\n`),
  'extension/LICENSE.txt': readFileSync(join(root, '..', '..', 'LICENSE')),
};
for (const name of ['README.md', ...filesIn('media'), ...filesIn('walkthrough')]) add(name);
for (const name of filesIn('dist')) if (/\.js$/.test(name)) add(name);

mkdirSync(dirname(target), { recursive: true });
// One time for all files: the same sources make the same bytes.
const packed = zipSync(files, { level: 9, mtime: new Date(1980, 0, 1) });
writeFileSync(target, packed);
process.stdout.write(
  `${target} (${Math.ceil(packed.length / 1000)} kB, ${Object.keys(files).length} files)\n`,
);

function add(name) {
  files[`extension/${name}`] = readFileSync(join(root, name));
}

function filesIn(folder) {
  return readdirSync(join(root, folder))
    .sort()
    .map((name) => `${folder}/${name}`);
}

function vsixManifest({
  name,
  displayName,
  description,
  version,
  publisher,
  engines,
  categories,
  keywords,
  extensionKind,
}) {
  const property = (id, value) =>
    `      <Property Id="Microsoft.VisualStudio.${id}" Value="${escaped(value)}"/>`;
  const asset = (type, path) =>
    `    <Asset Type="Microsoft.VisualStudio.${type}" Path="extension/${path}" Addressable="true"/>`;
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${name}" Version="${version}" Publisher="${publisher}"/>
    <DisplayName>${escaped(displayName)}</DisplayName>
    <Description xml:space="preserve">${escaped(description)}</Description>
    <Tags>${escaped([...keywords, '__web_extension'].join(','))}</Tags>
    <Categories>${escaped(categories.join(','))}</Categories>
    <License>extension/LICENSE.txt</License>
    <Icon>extension/media/icon.png</Icon>
    <Properties>
${property('Code.Engine', engines.vscode)}
${property('Code.ExtensionKind', [...extensionKind, 'web'].join(','))}
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
${asset('Code.Manifest', 'package.json')}
${asset('Services.Content.Details', 'README.md')}
${asset('Services.Content.License', 'LICENSE.txt')}
${asset('Services.Icons.Default', 'media/icon.png')}
  </Assets>
</PackageManifest>
`;
}

function contentTypes() {
  const types = {
    json: 'application/json',
    md: 'text/markdown',
    txt: 'text/plain',
    js: 'application/javascript',
    css: 'text/css',
    png: 'image/png',
    vsixmanifest: 'text/xml',
  };
  const rows = Object.entries(types).map(
    ([ending, type]) => `  <Default Extension=".${ending}" ContentType="${type}"/>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
${rows.join('\n')}
</Types>
`;
}

function escaped(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
