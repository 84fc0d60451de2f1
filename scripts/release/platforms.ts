/** The files of one upstream package that a platform needs, and where they go below the folder of native parts. */
export interface NativeSource {
  /** The package, as the lockfile knows it. */
  package: string;
  /** Folder in that package; its files are taken, not those of its folders. */
  from: string;
  /** Folder of ours. */
  to: string;
  /** Files that nothing loads. */
  without?: readonly string[];
}

export type Architecture = 'x64' | 'arm64';

/** A platform that a release is made for. */
export interface Platform {
  id: string;
  os: 'linux' | 'darwin' | 'win32';
  cpu: Architecture;
  libc?: 'glibc';
  native: readonly NativeSource[];
}

/** `from`: where onnxruntime-node, which brings every platform in one package, keeps this one. */
function nativeSources(
  runtime: string,
  lancedb: string,
  llama: { package: string; bins: string },
): NativeSource[] {
  return [
    {
      package: 'onnxruntime-node',
      from: `bin/napi-v6/${runtime}`,
      to: 'onnxruntime',
      without: [
        // WebGPU's and DirectML's compilers: sessions run on the processor alone.
        'DirectML.dll',
        'dxcompiler.dll',
        'dxil.dll',
        // The same library once more: the binding asks for libonnxruntime.1.dylib.
        'libonnxruntime.1.30.0.dylib',
      ],
    },
    {
      package: `@lancedb/lancedb-${lancedb}`,
      from: '',
      to: 'lancedb',
      without: ['package.json', 'README.md'],
    },
    {
      package: `@node-llama-cpp/${llama.package}`,
      from: `bins/${llama.bins}`,
      to: `llama/${llama.bins}`,
      // For those who link against the addon.
      without: ['llama-addon.lib'],
    },
  ];
}

export const PLATFORMS: readonly Platform[] = [
  {
    id: 'linux-x64',
    os: 'linux',
    cpu: 'x64',
    libc: 'glibc',
    native: nativeSources('linux/x64', 'linux-x64-gnu', { package: 'linux-x64', bins: 'linux-x64' }),
  },
  {
    id: 'linux-arm64',
    os: 'linux',
    cpu: 'arm64',
    libc: 'glibc',
    native: nativeSources('linux/arm64', 'linux-arm64-gnu', { package: 'linux-arm64', bins: 'linux-arm64' }),
  },
  {
    id: 'darwin-arm64',
    os: 'darwin',
    cpu: 'arm64',
    native: nativeSources('darwin/arm64', 'darwin-arm64', {
      package: 'mac-arm64-metal',
      bins: 'mac-arm64-metal',
    }),
  },
  {
    id: 'win32-x64',
    os: 'win32',
    cpu: 'x64',
    native: nativeSources('win32/x64', 'win32-x64-msvc', { package: 'win-x64', bins: 'win-x64' }),
  },
];

/** The optional package that brings a platform's native parts, where Gardener itself comes from a registry. */
export function nativePackage(platform: Platform): string {
  return `@codebase-gardener/native-${platform.id}`;
}

/** What a package.json says of a package that works on one platform alone. */
export function onlyOn({ os, cpu, libc }: Platform): Record<string, string[]> {
  return { os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) };
}
