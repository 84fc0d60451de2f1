import { type House, nameOf, type Room } from '../house.js';
import type { Offence, Rule } from '../offence.js';
import type { Import, SourceFile } from '../source-files.js';

/**
 * A relative import stays in its workspace and points to a room above or to its own; there, to
 * a floor above or to its own.
 */
export function roomOrder(house: House): Rule {
  return (files) =>
    files.flatMap((file) => [
      ...unknownFloor(house, file),
      ...file.imports.flatMap((imported) => {
        const what = offenceOf(house, file, imported);
        return what === null ? [] : [{ path: file.path, line: imported.line, what }];
      }),
    ]);
}

function offenceOf(house: House, file: SourceFile, { target }: Import): string | null {
  if (target === null) return null;
  const from = placeOf(house, file.path);
  const to = placeOf(house, target);
  if (to.wing !== '' && to.wing !== from.wing) return `reaches into packages/${to.wing}: import its face`;
  const rooms = house[from.wing]?.rooms ?? [];
  const own = rooms.findIndex(({ room }) => room === from.room);
  const other = rooms.findIndex(({ room }) => room === to.room);
  if (own >= 0 && other > own) return `${from.room} imports ${to.room}, a room below it`;
  // A test may build what it needs with what stands on a floor below.
  if (own < 0 || own !== other || file.isTest) return null;
  const floors = (rooms[own] as Room).floors.map(({ floor }) => floor);
  if (floors.indexOf(to.floor) <= floors.indexOf(from.floor)) return null;
  return `${from.room}: ${nameOf(from.floor)} imports ${nameOf(to.floor)}, a floor below`;
}

/** A folder that house.json does not name has no place in the order. */
function unknownFloor(house: House, { path }: SourceFile): Offence[] {
  const { wing, room, floor } = placeOf(house, path);
  const known = house[wing]?.rooms.find((one) => one.room === room);
  if (known === undefined || known.floors.some((one) => one.floor === floor)) return [];
  if (floor === '.' && known.floors.length === 0) return [];
  return [{ path, line: 1, what: `${room}/ has no floor ${nameOf(floor)} in scripts/boundaries/house.json` }];
}

function placeOf(house: House, path: string): { wing: string; room: string; floor: string } {
  const [wing = '', , room = '', name = '', ...rest] = path.split('/');
  const floors = house[wing]?.rooms.find((one) => one.room === room)?.floors ?? [];
  const isFloor = rest.length > 0 || floors.some(({ floor }) => floor === name);
  return { wing, room, floor: isFloor ? name : '.' };
}
