/**
 * What is changed in the code of others while it is bundled: where it looks for its native parts and its own files.
 * Each `find` stands there exactly once, else the bundle fails: an upgrade that moves something is noticed.
 */
export interface Patch {
  /** End of the module's path. */
  module: string;
  /** What is replaced; null for the whole module. */
  find: string | null;
  replace: string;
}

const NATIVE = 'gardener:native-parts';

export const PATCHES: readonly Patch[] = [
  {
    module: 'onnxruntime-node/dist/binding.js',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what the module says
    find: 'require(`../bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`)',
    replace: `require(require('${NATIVE}').nativeAddon('onnxruntime'))`,
  },
  {
    module: '@lancedb/lancedb/dist/native.js',
    find: null,
    replace: `module.exports = require(require('${NATIVE}').nativeAddon('lancedb'));`,
  },
  // node-llama-cpp tries a binary in a process of its own, which runs this file: it stays one (an entry of the bundle).
  {
    module: 'node-llama-cpp/dist/bindings/utils/testBindingBinary.js',
    find: 'const __filename = fileURLToPath(import.meta.url);',
    replace: "const __filename = fileURLToPath(new URL('./testBindingBinary.js', import.meta.url));",
  },
];

/** Modules that only commands and downloads of node-llama-cpp, and optional parts of LanceDB, would load. */
export const ABSENT = ['ipull', 'simple-git', 'openai', '@huggingface/transformers', 'electron'];

/** node-llama-cpp asks the package of each platform where its builds lie: here they all lie in one place. */
export function llamaBuilds(version: string): string {
  return `
    import { nativeFolder } from '${NATIVE}';
    export const getBinsDir = () => ({ binsDir: nativeFolder('llama'), packageVersion: '${version}' });
  `;
}

/** The two files that node-llama-cpp reads about itself while it is loaded, as the modules that read them. */
export function llamaFacts(version: string, release: string): Patch[] {
  return [
    {
      module: 'node-llama-cpp/dist/utils/getModuleVersion.js',
      find: null,
      replace: `export const getModuleVersion = async () => '${version}';`,
    },
    {
      module: 'node-llama-cpp/dist/bindings/utils/binariesGithubRelease.js',
      find: 'const binariesGithubRelease = await fs.readJson(binariesGithubReleasePath);',
      replace: `const binariesGithubRelease = { release: ${JSON.stringify(release)} };`,
    },
  ];
}
