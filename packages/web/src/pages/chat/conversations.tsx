import { type ReactNode, useState } from 'react';
import { projectPath } from '../../api/projects.js';
import { asApiError, request } from '../../api/request.js';
import { useResource } from '../../api/resource.js';
import { invalidate } from '../../api/resource-cache.js';
import type { ConversationList, ConversationSummary } from '../../api/types.js';
import { Dialog } from '../../design/dialog.js';
import { Button, IconButton, Skeleton } from '../../design/parts.js';
import { toast } from '../../design/toast.js';
import { ago, plural } from '../../format.js';

interface ConversationsProps {
  projectId: string;
  current: string | null;
  open: boolean;
  onOpen: (conversation: string | null) => void;
  onClose: () => void;
}

/** The project's conversations, last used first. A column, or on a narrow screen a drawer. */
export function Conversations({ projectId, current, open, onOpen, onClose }: ConversationsProps): ReactNode {
  const address = projectPath(projectId, '/conversations');
  const { data, error } = useResource<ConversationList>(address);
  const [deleting, setDeleting] = useState<ConversationSummary | null>(null);
  const remove = async ({ id }: ConversationSummary): Promise<void> => {
    setDeleting(null);
    try {
      await request('DELETE', `${address}/${encodeURIComponent(id)}`);
      if (id === current) onOpen(null);
    } catch (caught) {
      toast(asApiError(caught).message, { bad: true });
    }
    invalidate((path) => path === address);
  };
  return (
    <>
      {open && (
        <button
          type="button"
          className="drawer-backdrop"
          aria-label="Close conversations"
          onClick={onClose}
        />
      )}
      <nav className={open ? 'conversations conversations-open' : 'conversations'} aria-label="Conversations">
        <div className="row spread conversations-head">
          <h2>Conversations</h2>
          <IconButton small label="New conversation" icon="plus" onClick={() => onOpen(null)} />
        </div>
        {error && <p className="small muted conversations-none">{error.message}</p>}
        {!data && !error && (
          <div className="conversations-none">
            <Skeleton lines={4} />
          </div>
        )}
        {data?.conversations.length === 0 && (
          <p className="small muted conversations-none">What you ask is kept here, for this project only.</p>
        )}
        <ul>
          {data?.conversations.map((one) => (
            <li key={one.id} className="conversation" data-current={one.id === current || undefined}>
              <button
                type="button"
                className="conversation-open"
                aria-current={one.id === current || undefined}
                onClick={() => onOpen(one.id)}
              >
                <span className="truncate">{one.title || 'New conversation'}</span>
                <span className="small faint">
                  {plural(one.exchanges, 'question')} · {ago(one.usedAt)}
                </span>
              </button>
              <IconButton
                small
                label={`Delete “${one.title || 'New conversation'}”`}
                icon="trash"
                onClick={() => setDeleting(one)}
              />
            </li>
          ))}
        </ul>
      </nav>
      {deleting && (
        <Dialog
          title="Delete this conversation?"
          onClose={() => setDeleting(null)}
          footer={
            <>
              <Button onClick={() => setDeleting(null)}>Keep it</Button>
              <Button look="danger-solid" onClick={() => void remove(deleting)}>
                Delete
              </Button>
            </>
          }
        >
          <p>
            “{deleting.title || 'New conversation'}” with {plural(deleting.exchanges, 'question')} is deleted
            for good.
          </p>
        </Dialog>
      )}
    </>
  );
}
