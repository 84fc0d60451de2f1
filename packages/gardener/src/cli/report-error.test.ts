import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { GardenerError } from '../garden/errors/garden-error.js';
import { reportError } from './report-error.js';

describe('reportError', () => {
  it('keeps code, sentence and remedy of our errors, each on one line and without escape sequences', () => {
    const error = new GardenerError('codebase.empty', 'No \u001b[31mfile\u001b[0m\n in\u0007 here.', {
      remedy: 'Add\na file.',
    });
    expect(reportError(error)).toEqual({
      code: 'codebase.empty',
      message: 'No file in here.',
      remedy: 'Add a file.',
      exitCode: 1,
    });
  });

  it('knows an error of the trainer by its shape', () => {
    const error = Object.assign(new Error('Cut off.'), {
      code: 'weights.truncated',
      remedy: 'Fetch it again.',
    });
    expect(reportError(error)).toMatchObject({
      code: 'weights.truncated',
      remedy: 'Fetch it again.',
      exitCode: 1,
    });
  });

  it('turns a wrong command into exit code 2, with the suggestion as the remedy', () => {
    const error = new CommanderError(
      1,
      'commander.unknownCommand',
      "error: unknown command 'ad'\n(Did you mean add?)",
    );
    expect(reportError(error, 'gardener --help')).toEqual({
      code: 'cli.unknown-command',
      message: "unknown command 'ad'.",
      remedy: 'gardener add (see gardener --help)',
      exitCode: 2,
    });
  });

  it('explains a full disk and a missing permission', () => {
    expect(reportError(Object.assign(new Error('x'), { code: 'ENOSPC' })).code).toBe('cli.disk-full');
    const denied = reportError(Object.assign(new Error('x'), { code: 'EACCES', path: '/some/file' }));
    expect(denied).toMatchObject({ code: 'cli.permission-denied', exitCode: 1 });
    expect(denied.message).toContain('/some/file');
  });

  it.each([new Error('boom\n    at f (x.js:1)'), 'boom', null, undefined, { message: 'boom' }])(
    'gives one sentence and a remedy for %j',
    (thrown) => {
      const report = reportError(thrown);
      expect(report.message).not.toContain('\n');
      expect(report.remedy).not.toBe('');
      expect(report).toMatchObject({ code: 'cli.unexpected', exitCode: 1 });
    },
  );

  it('treats an abort as Ctrl-C', () => {
    expect(reportError(new DOMException('Interrupted', 'AbortError')).exitCode).toBe(130);
  });
});
