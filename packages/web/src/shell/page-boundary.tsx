import { Component, type ReactNode } from 'react';
import { Button, Empty } from '../design/parts.js';

/** A page that breaks leaves the frame standing, and says so. Another page (another `key`) begins anew. */
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
