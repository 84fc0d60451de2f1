import { GardenPaths } from '../../garden/files/paths.js';
import { openConversation } from './conversation.js';
import { makeExchange } from './exchange.fixture.js';

// One of several processes that write into one conversation: data directory, conversation, name, count.
const [root = '', id = '', name = '', count = '0'] = process.argv.slice(2);
const conversation = await openConversation(new GardenPaths(root), 'p', id);
for (let n = 0; n < Number(count); n++) {
  await conversation.append(makeExchange(`${name}-${n}`, 'x'.repeat(3_000)));
}
