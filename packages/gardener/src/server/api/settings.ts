import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { changeSettings, settingSources } from '../../garden/settings/change-settings.js';
import {
  describeSettings,
  KEY_OF_ADDRESS,
  type SettingKey,
  settingsSchema,
} from '../../garden/settings/settings.js';
import { checkModelSettings } from '../../models/check-model-settings.js';
import { listModels } from '../../models/store/catalogue.js';
import { body, json, problems } from '../contract/route.js';
import type { ServerContext } from '../state/context.js';

const value = z.union([z.string(), z.number(), z.boolean()]);

const setting = z
  .object({
    key: z.string(),
    value: value.openapi({ description: 'Of a secret only whether it is set: "set" or "".' }),
    default: value,
    source: z.enum(['environment', 'file', 'default']),
    description: z.string(),
    type: z.enum(['text', 'number', 'boolean', 'choice', 'secret']),
    choices: z.array(z.string()).optional(),
    suggestions: z.array(z.string()).optional().openapi({ description: 'Of a text, some that it can be.' }),
    min: z.number().optional(),
    max: z.number().optional(),
  })
  .openapi('Setting');

type SettingView = z.infer<typeof setting>;

const allSettings = z.object({ settings: z.array(setting) }).openapi('SettingList');
/** What stands for a secret that is set; sent back, it changes nothing. */
const SET = 'set';

const getSettings = createRoute({
  method: 'get',
  path: '/api/settings',
  summary: 'Every setting, and where its value comes from',
  responses: { 200: json(allSettings, 'In the order of docs/settings.md.'), ...problems },
});

const putSettings = createRoute({
  method: 'put',
  path: '/api/settings',
  summary: 'Change settings; null takes one back to its default',
  request: { body: body(z.record(z.string(), value.nullable())) },
  responses: { 200: json(allSettings, 'As they are then.'), ...problems },
});

export function addSettingRoutes(app: OpenAPIHono, context: ServerContext): void {
  app.openapi(getSettings, async (c) => c.json({ settings: await settingViews(context) }, 200));

  app.openapi(putSettings, async (c) => {
    const changes = Object.entries(c.req.valid('json')).filter(([key, to]) => !(isSecret(key) && to === SET));
    const wanted = Object.fromEntries(changes);
    checkModelSettings(context.garden.settings, wanted);
    await changeSettings(context.garden, wanted);
    return c.json({ settings: await settingViews(context) }, 200);
  });
}

async function settingViews({ garden }: ServerContext): Promise<SettingView[]> {
  const sources = await settingSources(garden.paths);
  return describeSettings().map(({ key, defaultValue, description }) => ({
    ...{ key, description, source: sources[key], default: defaultValue as SettingView['default'] },
    value: isSecret(key) ? (garden.settings[key] === '' ? '' : SET) : garden.settings[key],
    ...shapeOf(key),
    ...(key === 'baseModel'
      ? { suggestions: listModels().flatMap(({ id, kind }) => (kind === 'base' ? [id] : [])) }
      : {}),
  }));
}

const SECRETS: ReadonlySet<string> = new Set(Object.values(KEY_OF_ADDRESS));
const isSecret = (key: string) => SECRETS.has(key);

/** What a form needs to know, from the one schema of the settings. */
function shapeOf(key: SettingKey): Pick<SettingView, 'type' | 'choices' | 'min' | 'max'> {
  if (isSecret(key)) return { type: 'secret' };
  const shape = z.toJSONSchema(settingsSchema.shape[key], { io: 'input' });
  if (shape.enum !== undefined) return { type: 'choice', choices: shape.enum.map(String) };
  if (shape.type === 'boolean') return { type: 'boolean' };
  if (shape.type !== 'number' && shape.type !== 'integer') return { type: 'text' };
  const { minimum: min, maximum: max } = shape;
  return { type: 'number', ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}
