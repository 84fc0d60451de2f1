import { oneLine } from './terminal/plain-text.js';

/** An error as the command line tells it. */
export interface ErrorReport {
  code: string;
  /** One line: what is wrong. */
  message: string;
  /** One line: what to do. */
  remedy: string;
  /** 1 for a failure, 2 for a command that was written wrongly, 130 after Ctrl-C. */
  exitCode: 1 | 2 | 130;
}

const SYSTEM_ERRORS: Record<string, [code: string, message: string, remedy: string]> = {
  ENOSPC: [
    'cli.disk-full',
    'The disk is full.',
    'Free some space (gardener models remove, gardener remove), then run it again.',
  ],
  EDQUOT: ['cli.disk-full', 'The disk quota is used up.', 'Free some space, then run it again.'],
  EACCES: [
    'cli.permission-denied',
    'A file may not be read or written',
    'Check the permissions of that path.',
  ],
  EPERM: [
    'cli.permission-denied',
    'A file may not be read or written',
    'Check the permissions of that path.',
  ],
  EROFS: ['cli.permission-denied', 'The file system is read-only', 'Choose another place with --data-dir.'],
  EMFILE: [
    'cli.too-many-files',
    'Too many files are open.',
    'Raise the limit (ulimit -n 4096), then run it again.',
  ],
};

/**
 * Turns whatever was thrown into one line that says what is wrong and one that says what to do.
 * @param helpCommand the remedy for a command that was written wrongly
 */
export function reportError(error: unknown, helpCommand = 'gardener --help'): ErrorReport {
  const fields = asFields(error);
  if (typeof fields.code === 'string' && fields.code.startsWith('commander.')) {
    return usageReport(fields.code, String(fields.message), helpCommand);
  }
  // GardenerError and LoraError have one shape; both are recognised by it, so that the trainer is not loaded for this.
  if (typeof fields.code === 'string' && typeof fields.remedy === 'string') {
    return {
      code: fields.code,
      message: oneLine(String(fields.message)),
      remedy: oneLine(fields.remedy),
      exitCode: fields.code.startsWith('cli.bad-') ? 2 : 1,
    };
  }
  if (fields.name === 'AbortError') {
    return {
      code: 'cli.interrupted',
      message: 'Interrupted.',
      remedy: 'Run the command again.',
      exitCode: 130,
    };
  }
  const known = typeof fields.code === 'string' ? SYSTEM_ERRORS[fields.code] : undefined;
  if (known !== undefined) {
    const [code, message, remedy] = known;
    const path = typeof fields.path === 'string' ? `: ${oneLine(fields.path)}` : '';
    return { code, message: message + (message.endsWith('.') ? '' : path), remedy, exitCode: 1 };
  }
  const text = oneLine(error instanceof Error ? error.message : String(error));
  return {
    code: 'cli.unexpected',
    message: `Something unexpected happened: ${text || 'no message'}`,
    remedy:
      'Run it again with --verbose to see where it comes from, or gardener doctor to check this machine.',
    exitCode: 1,
  };
}

// Commander's messages read `error: unknown command 'ad'\n(Did you mean add?)`.
function usageReport(commanderCode: string, commanderMessage: string, helpCommand: string): ErrorReport {
  if (commanderCode === 'commander.help') {
    return { code: 'cli.no-command', message: 'No command was given.', remedy: helpCommand, exitCode: 2 };
  }
  const text = oneLine(commanderMessage).replace(/^error:\s*/, '');
  const suggestion = /\(Did you mean (?:one of )?(.+?)\?\)/.exec(text)?.[1];
  const message = text.replace(/\s*\(Did you mean .*\?\)/, '');
  const name = commanderCode
    .slice('commander.'.length)
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    code: `cli.${name}`,
    message: message.endsWith('.') ? message : `${message}.`,
    remedy:
      suggestion === undefined
        ? helpCommand
        : `${name === 'unknown-command' ? 'gardener ' : ''}${suggestion} (see ${helpCommand})`,
    exitCode: 2,
  };
}

function asFields(error: unknown): Record<string, unknown> {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
}
