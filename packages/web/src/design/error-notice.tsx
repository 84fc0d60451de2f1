import type { ReactNode } from 'react';
import type { ErrorObject } from '../api/types.js';
import { Button, Notice } from './parts.js';
import { Words } from './words.js';

/** An error as the server tells it: the sentence, what to do about it, and its code to look up. */
export function ErrorNotice({
  error,
  onRetry,
  action,
}: {
  error: ErrorObject;
  onRetry?: () => void;
  action?: ReactNode;
}): ReactNode {
  return (
    <Notice
      tone="bad"
      action={
        action ??
        (onRetry && (
          <Button small onClick={onRetry}>
            Try again
          </Button>
        ))
      }
    >
      <p>
        <Words text={error.message} />
      </p>
      <p className="small muted">
        <Words text={error.remedy} /> <code className="faint">{error.code}</code>
      </p>
    </Notice>
  );
}
