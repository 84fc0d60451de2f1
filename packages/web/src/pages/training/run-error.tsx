import type { ReactNode } from 'react';
import type { ErrorObject } from '../../api/types.js';
import { CopyButton } from '../../design/copy-button.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Button } from '../../design/parts.js';
import { navigate } from '../../router.js';

/** A failed run: the sentence, and a button for the remedy where one exists. */
export function RunError({
  error,
  projectName,
  onTrainAgain,
}: {
  error: ErrorObject;
  projectName: string;
  onTrainAgain: () => void;
}): ReactNode {
  const command = commandIn(error.remedy, projectName);
  return (
    <ErrorNotice
      error={error}
      action={
        <div className="stack remedies">
          {remedyPage(error) === 'settings' && (
            <Button small icon="settings" onClick={() => navigate('/settings')}>
              Open settings
            </Button>
          )}
          <Button small icon="play" onClick={onTrainAgain}>
            Train again
          </Button>
          {command && <CopyButton text={command} label="Copy command" />}
        </div>
      }
    />
  );
}

/** The command that a remedy names between backticks. */
export function commandIn(remedy: string, projectName: string): string | null {
  const command = /`(gardener [^`]+)`/.exec(remedy)?.[1];
  return command?.replaceAll('<project>', projectName) ?? null;
}

/** Whether a remedy names a setting: it then gets a link to the settings page. */
export function remedyPage({ code, remedy }: Pick<ErrorObject, 'code' | 'remedy'>): 'settings' | null {
  return /setting|CODEBASE_GARDENER_|memory|budget/i.test(`${code} ${remedy}`) ? 'settings' : null;
}
