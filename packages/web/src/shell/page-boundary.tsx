import { Component, type ReactNode } from 'react';
import { Button, Empty } from '../design/parts.js';

/** When a page throws, shows the error in its place and keeps the frame. Another `key` (another page) resets it. */
export class PageBoundary extends Component<{ children: ReactNode }, { broken: Error | null }> {
  override state = { broken: null as Error | null };

  static getDerivedStateFromError(broken: Error) {
    return { broken };
  }

  override render(): ReactNode {
    const { broken } = this.state;
    if (broken === null) return this.props.children;
    return (
      <div className="page">
        <Empty
          icon="alert"
          title="This page has broken"
          action={<Button onClick={() => location.reload()}>Load it again</Button>}
        >
          {broken.message} Your data is untouched: it lies with the server.
        </Empty>
      </div>
    );
  }
}
