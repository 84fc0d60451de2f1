import type { ReactNode } from 'react';
import type { ProjectView } from '../../api/types.js';
import { Icon } from '../../design/icons.js';

const EXAMPLES = [
  'What are the main parts of this codebase?',
  'Where does the program start?',
  'How are errors handled here?',
];

/** An empty conversation: what can be asked, and who will answer. */
export function StartOfChat({
  view,
  onAsk,
}: {
  view: ProjectView;
  onAsk: (question: string) => void;
}): ReactNode {
  const { index, adapter, project } = view;
  return (
    <div className="chat-start">
      <span className="welcome-mark" aria-hidden="true">
        <Icon name="sprout" />
      </span>
      <h2>Ask about {project.name}</h2>
      <p className="muted">
        {adapter.promoted
          ? `Adapter ${adapter.version}, trained on this codebase, answers`
          : 'The base model answers'}
        {index.state === 'none'
          ? '; nothing is indexed yet, so it will not see your code.'
          : ', with the code that fits found in the index.'}
      </p>
      <div className="stack">
        {EXAMPLES.map((example) => (
          <button key={example} type="button" className="example" onClick={() => onAsk(example)}>
            {example}
            <Icon name="chevronRight" />
          </button>
        ))}
      </div>
    </div>
  );
}
