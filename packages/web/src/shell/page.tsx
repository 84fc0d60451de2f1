import { type ReactNode, useEffect } from 'react';

/** The frame of a page: its title in the tab and as the heading, its actions, its content. */
export function Page({
  title,
  documentTitle,
  aside,
  children,
  wide = false,
}: {
  title: ReactNode;
  documentTitle: string;
  aside?: ReactNode;
  children: ReactNode;
  wide?: boolean;
}): ReactNode {
  useDocumentTitle(documentTitle);
  return (
    <div className={wide ? 'page page-wide' : 'page'}>
      <header className="page-head">
        <div className="page-title">{title}</div>
        {aside && <div className="row page-actions">{aside}</div>}
      </header>
      {children}
    </div>
  );
}

export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Gardener`;
  }, [title]);
}
