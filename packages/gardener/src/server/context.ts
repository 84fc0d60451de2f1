import type { Conversation } from '../chat/conversation.js';
import type { OpenProjects } from '../chat/open-projects.js';
import type { Garden } from '../garden/garden.js';
import type { EventLog } from './events/event-log.js';
import type { Freshness } from './freshness.js';
import type { Slots } from './guard/limits.js';
import type { ModelFetches } from './model-fetches.js';
import type { ProjectFollowers } from './project-followers.js';

/** What every route works with. */
export interface ServerContext {
  garden: Garden;
  version: string;
  /** ISO 8601. */
  startedAt: string;
  projects: OpenProjects;
  events: EventLog;
  models: ModelFetches;
  freshness: Freshness;
  followers: ProjectFollowers;
  generations: Slots;
  /** Conversations without an exchange yet, by `<project>/<conversation>`. */
  begun: Map<string, Conversation>;
  /** Aborted when the server ends: streams say so and end. */
  stopping: AbortSignal;
}
