import { execFile } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { Output } from '../session/output.js';
import { programVersion } from '../session/program-version.js';
import type { GlobalOptions } from '../session/session.js';
import { readChangelog, releasesSince } from '../steps/changelog.js';
import { describeInstallation } from '../steps/installation.js';
import { oneLine } from '../terminal/plain-text.js';

const REGISTRY_TIMEOUT_MS = 20_000;
const VERSION = /^\d+\.\d+\.\d+[\w.+-]*$/;

export function defineUpgrade(program: Command): void {
  program
    .command('upgrade')
    .summary('what is new, and how to update')
    .option('--since <version>', 'what is new since that version, instead of in this one')
    .option('--check', 'ask the npm registry which version is the latest')
    .description(
      'Say what this version brought and which command updates Gardener, with the manager that installed it. Nothing is ' +
        'installed, and without --check nothing is asked over the network.',
    )
    .addHelpText(
      'after',
      `
Before updating: stop the server, and see that no run is under way (gardener status). Projects, indexes and adapters stay.

Examples:
  $ gardener upgrade
  $ gardener upgrade --since 0.1.0
  $ gardener upgrade --check --json | jq .latest`,
    )
    .action(upgrade);
}

async function upgrade(
  { since, check }: { since?: string; check?: boolean },
  command: Command,
): Promise<void> {
  const { json = false, color } = command.optsWithGlobals() as GlobalOptions;
  const output = new Output(json, color);
  const version = programVersion();
  const manifest = realpathSync(fileURLToPath(new URL('../../../package.json', import.meta.url)));
  const installation = describeInstallation(dirname(manifest));
  const releases = releasesSince(readChangelog(changelog()), since);
  const latest = check === true ? await latestVersion() : null;
  output.value({ version, latest, ...installation, releases });

  const { strong, quiet } = output.palette;
  output.line(
    `Codebase Gardener ${version}, ${installedBy(installation.manager)} (${oneLine(installation.folder)})`,
  );
  if (latest !== null) output.line(latest === version ? 'It is the latest.' : `The latest is ${latest}.`);
  if (since !== undefined && releases.length === 0) output.line(`Nothing is new since ${oneLine(since)}.`);
  for (const release of releases) {
    output.line(`\n${strong(`New in ${release.version}`)}`);
    output.lines(release.lines);
  }
  output.line(`\n${strong('To update')}`);
  output.lines(installation.updateCommands.map((one) => `  ${one}`));
  if (installation.manager !== 'checkout') {
    output.line(
      quiet('  or the same with the path of a newer codebase-gardener-<version>.tgz instead of the name'),
    );
  }
}

function installedBy(manager: string): string {
  return manager === 'checkout' ? 'from a checkout' : `installed with ${manager}`;
}

function changelog(): string {
  // Beside package.json, in a checkout and in a packed Gardener.
  return readFileSync(new URL('../../../CHANGELOG.md', import.meta.url), 'utf8');
}

/** @throws GardenerError `cli.no-latest-version` where the registry cannot be asked or does not know the package */
async function latestVersion(): Promise<string> {
  const ask = promisify(execFile)('npm', ['view', 'codebase-gardener', 'version'], {
    timeout: REGISTRY_TIMEOUT_MS,
    shell: process.platform === 'win32',
  });
  const { stdout } = await ask.catch(noLatestVersion);
  const answer = stdout.trim();
  return VERSION.test(answer) ? answer : noLatestVersion(`npm answered ${answer.slice(0, 100)}`);
}

function noLatestVersion(cause: unknown): never {
  throw new GardenerError('cli.no-latest-version', 'npm could not say which version is the latest.', {
    remedy: 'Try again with a network, or see what is new in this one: gardener upgrade.',
    details: { reason: String(cause) },
    cause,
  });
}
