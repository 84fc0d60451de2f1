import { type House, nameOf, type Room } from './house.js';

const START = '<!-- rooms: written by `npm run docs` from scripts/boundaries/house.json -->';
const END = '<!-- end of rooms -->';

/**
 * docs/architecture.md with its picture of the rooms as house.json has it.
 * @throws Error when the page has lost the marks between which the picture stands
 */
export function withRooms(page: string, house: House): string {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`docs/architecture.md has no place for the rooms: ${START}`);
  return `${page.slice(0, start)}${START}\n\n${picture(house)}\n${page.slice(end)}`;
}

function picture(house: House): string {
  return Object.entries(house)
    .map(([wing, { what, rooms }]) => `### packages/${wing}: ${what}\n\n${rooms.map(roomLines).join('\n')}\n`)
    .join('\n');
}

function roomLines({ room, what, native, floors }: Room): string {
  const alone = native === undefined ? '' : ` (alone imports ${native.join(', ')})`;
  const lines = floors.map((one) => `  - ${nameOf(one.floor)}: ${one.what}`);
  return [`- **${room}/**: ${what}${alone}`, ...lines].join('\n');
}
