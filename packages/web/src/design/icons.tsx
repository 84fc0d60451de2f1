import type { ReactNode } from 'react';

// 16 x 16, 1.5 px strokes, drawn for this UI.
const PATHS = {
  sprout:
    'M8 14V8.500M8 9C8 6 6 4.200 2.500 4.200 2.500 7.500 4.500 9 8 9ZM8 7C8 4.200 9.800 2.500 13.500 2.500 13.500 5.500 11.500 7 8 7Z',
  overview: 'M2.500 2.500h4.500v5h-4.500zM9 2.500h4.500v3H9zM9 7.500h4.500v6H9zM2.500 9.500h4.500v4h-4.500z',
  chart: 'M2.500 2.500v11h11M5 9.500l2.500-3 2 1.500 3.500-4',
  chat: 'M2.500 3.500h11v8H7l-3 2.500v-2.500H2.500z',
  search: 'M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM10.300 10.300l3.200 3.200',
  settings:
    'M2.500 4.500h6M11.500 4.500h2M2.500 11.500h2M7.500 11.500h6M10 6a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM6 13a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3Z',
  rows: 'M2.500 3h11v3h-11zM2.500 6h11v4h-11zM2.500 10h11v3h-11z',
  plus: 'M8 3v10M3 8h10',
  check: 'M3 8.500l3.500 3.500 6.500-8',
  close: 'M4 4l8 8M12 4l-8 8',
  chevronDown: 'M4 6l4 4 4-4',
  chevronRight: 'M6 4l4 4-4 4',
  updown: 'M5 6l3-3 3 3M5 10l3 3 3-3',
  folder: 'M2 4.500v8h12v-6.500H7.500L6 4H2z',
  up: 'M8 13V3M4 7l4-4 4 4',
  refresh: 'M13 5.500A5.500 5.500 0 0 0 3 6M3 3v3h3M3 10.500A5.500 5.500 0 0 0 13 10M13 13v-3h-3',
  pause: 'M5.500 3.500v9M10.500 3.500v9',
  play: 'M4.500 3v10l8-5z',
  stop: 'M4 4h8v8H4z',
  trash: 'M3 4.500h10M6.500 4.500v-2h3v2M4.500 4.500l.5 9h6l.5-9M7 7v4M9 7v4',
  copy: 'M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3',
  alert: 'M8 2.500l6 11H2zM8 7v3M8 11.800v.2',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.500v3.500M8 5v.2',
  more: 'M3.500 8h.01M8 8h.01M12.500 8h.01',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M3.400 12.600l.9-.9M11.700 4.300l.9-.9',
  moon: 'M13.500 9.500A6 6 0 0 1 6.500 2.500 6 6 0 1 0 13.500 9.500Z',
  monitor: 'M2 3h12v8H2zM5.500 13.500h5M8 11v2.500',
  send: 'M8 13V3M4 7l4-4 4 4',
  columns: 'M2.500 3h11v10h-11zM8 3v10',
  file: 'M4 2h5l3.500 3.500V14H4zM9 2v3.500h3.500',
  key: 'M9.500 9a3.500 3.500 0 1 0-3-3l-4 4v3.500h3v-2h2v-2z',
  undo: 'M3 6.500h6.500a3.500 3.500 0 0 1 0 7H6M3 6.500l3-3M3 6.500l3 3',
  download: 'M8 2.500v8M4.500 7.500L8 11l3.500-3.500M3 13.500h10',
  branch:
    'M4.500 5.500v5M4.500 5.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM4.500 13.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM11.500 6.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM11.500 6.500c0 2.500-2 3-4 3s-3 .5-3 1',
  offline:
    'M2 2l12 12M3 6.500a7 7 0 0 1 3-1.700M13 6.500a7 7 0 0 0-4-1.900M5.500 9a4 4 0 0 1 2-.9M8 12.500v.1',
} as const;

/** The name of an icon. */
export type IconName = keyof typeof PATHS;

/** One icon, hidden from screen readers: the control it stands in carries the name. */
export function Icon({ name }: { name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth={name === 'more' ? 2.4 : 1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
