import { execFileSync } from 'node:child_process';
import { repository } from './repository.js';
import type { ThirdParty } from './third-party.js';

interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  [key: string]: unknown;
}

interface Bill {
  metadata: { component: Component; [key: string]: unknown };
  components: Component[];
  dependencies: { ref: string; dependsOn?: string[] }[];
  [key: string]: unknown;
}

/**
 * The software bill of materials of a release, CycloneDX 1.5: npm's own, from package-lock.json, less what is in none
 * of the tarballs.
 * @throws Error where a package is in a tarball and not in npm's bill
 */
export function billOfMaterials(packages: readonly ThirdParty[], version: string): Bill {
  const told = execFileSync(
    'npm',
    ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'],
    {
      cwd: repository,
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    },
  );
  return narrow(JSON.parse(told) as Bill, packages, version);
}

/** Leaves in a bill the components of `packages`, and their dependencies on each other. */
export function narrow(bill: Bill, packages: readonly ThirdParty[], version: string): Bill {
  const wanted = new Set(packages.map((one) => `${one.name}@${one.version}`));
  const components = bill.components.filter((one) => wanted.delete(`${one.name}@${one.version}`));
  if (wanted.size > 0) throw new Error(`npm's bill of materials lacks ${[...wanted].join(', ')}`);
  const refs = new Set(components.map((one) => one['bom-ref']));
  const product: Component = {
    ...bill.metadata.component,
    'bom-ref': `codebase-gardener@${version}`,
    name: 'codebase-gardener',
    version,
    purl: `pkg:npm/codebase-gardener@${version}`,
    properties: [],
  };
  const dependencies = bill.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
  return {
    ...bill,
    metadata: { ...bill.metadata, component: product },
    components,
    dependencies: [{ ref: product['bom-ref'], dependsOn: [...refs] }, ...dependencies],
  };
}
