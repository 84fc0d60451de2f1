import './chat.css';
import { type ReactNode, useCallback, useState } from 'react';
import type { ProjectView } from '../../api/types.js';
import type { Place } from '../../code/markdown.js';
import { SourcePanel } from '../../code/source-panel.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Button, IconButton, Skeleton } from '../../design/parts.js';
import { projectHref } from '../../route.js';
import { navigate, useLocation } from '../../router.js';
import { useDocumentTitle } from '../../shell/page.js';
import { Composer } from './composer.js';
import { Conversations } from './conversations.js';
import { StartOfChat } from './start-of-chat.js';
import { Turns } from './turns.js';
import { type Mode, useChat } from './use-chat.js';

/** The chat page: questions about a project, and answers with their sources. */
export default function Chat({ view }: { view: ProjectView }): ReactNode {
  const { id, name } = view.project;
  useDocumentTitle(`${name}, chat`);
  const conversation = new URLSearchParams(useLocation().search).get('c');
  const open = useCallback(
    (next: string | null, replace = false) =>
      navigate(projectHref(name, 'chat') + (next === null ? '' : `?c=${encodeURIComponent(next)}`), {
        replace,
      }),
    [name],
  );
  const chat = useChat(
    id,
    conversation,
    useCallback((created: string) => open(created, true), [open]),
  );
  const [mode, setMode] = useState<Mode>({ adapter: true, retrieval: true });
  const [comparing, setComparing] = useState<Mode | null>(null);
  const [place, setPlace] = useState<Place | null>(null);
  const [listOpen, setListOpen] = useState(false);
  const empty = chat.turns.length === 0 && !chat.loading && !chat.error;

  const ask = (question: string): void => {
    if (comparing) void chat.compare(question, [mode, comparing]);
    else void chat.send(question, mode);
  };
  return (
    <div className={place ? 'chat chat-with-source' : 'chat'}>
      <h1 className="visually-hidden">Chat with {name}</h1>
      <Conversations
        projectId={id}
        current={conversation}
        open={listOpen}
        onOpen={(next) => {
          setListOpen(false);
          open(next);
        }}
        onClose={() => setListOpen(false)}
      />
      <section className="chat-main" aria-label="Conversation">
        <div className="chat-bar">
          <Button
            small
            look="ghost"
            icon="chat"
            aria-expanded={listOpen}
            onClick={() => setListOpen(!listOpen)}
          >
            Conversations
          </Button>
          <IconButton small label="New conversation" icon="plus" onClick={() => open(null)} />
        </div>
        <div className="chat-scroll-root">
          {chat.error && (
            <div className="chat-column">
              <ErrorNotice error={chat.error} onRetry={chat.reload} />
            </div>
          )}
          {chat.loading && (
            <div className="chat-column">
              <Skeleton lines={6} />
            </div>
          )}
          {empty && <StartOfChat view={view} onAsk={ask} />}
          {chat.turns.length > 0 && (
            <Turns
              turns={chat.turns}
              busy={chat.busy}
              onOpen={setPlace}
              onAgain={(question) => void chat.send(question, mode, true)}
            />
          )}
        </div>
        <Composer
          view={view}
          mode={mode}
          comparing={comparing}
          busy={chat.busy}
          onMode={setMode}
          onComparing={setComparing}
          onAsk={ask}
          onStop={chat.stop}
          resetKey={conversation}
        />
      </section>
      {place && <SourcePanel projectId={id} place={place} onClose={() => setPlace(null)} />}
    </div>
  );
}
