import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { CompleteCodeRequest } from '../../chat/completion/code-request.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { errorAnswer } from '../contract/error-answer.js';
import { answerOrStream, body, inProject, problems } from '../contract/route.js';
import { clientOf } from '../lookup/client-of.js';
import { findProject, projectFor } from '../lookup/find-project.js';
import { codeInProject, projectOfFile } from '../lookup/project-of-file.js';
import { adapterWish } from '../openai/schemas.js';
import type { ServerContext } from '../state/context.js';
import { beginGeneration, collect, type Generation, whileGenerating } from '../state/generation.js';
import { makeReady } from '../state/make-ready.js';
import { chosenFields, infillAnswerOf } from './infill-answer.js';
import { infillAnswer, infillPiece, infillRequest } from './infill-schemas.js';
import { type SuggestionEnd, writeSuggestion } from './suggestion.js';

type InfillRequest = z.infer<typeof infillRequest>;

/** More than editors show at once. */
const MOST_TOKENS = 512;
const DEFAULT_TOKENS = 128;

const responses = {
  200: answerOrStream(
    z.union([infillAnswer, z.record(z.string(), z.unknown())]),
    z.union([infillPiece, infillAnswer]),
    'What to insert; with `stream`, server-sent events without names.',
  ),
  ...problems,
};

const infill = createRoute({
  method: 'post',
  path: '/infill',
  summary: "llama.cpp's infill, for editors: what belongs at the cursor",
  description:
    'The project is the one that `filename`, or a file of `input_extra`, lies in; otherwise the active one.',
  request: { body: body(infillRequest) },
  responses,
});

const infillInProject = createRoute({
  method: 'post',
  path: '/p/{project}/infill',
  summary: "llama.cpp's infill in a project",
  request: { params: inProject, body: body(infillRequest) },
  responses,
});

export function addInfill(app: OpenAPIHono, context: ServerContext): void {
  app.openapi(infill, async (c) => {
    const request = c.req.valid('json');
    return answer(c, context, await projectOf(context, request), request);
  });
  app.openapi(infillInProject, async (c) => {
    const project = await findProject(context.garden, c.req.valid('param').project);
    return answer(c, context, project, c.req.valid('json'));
  });
}

/** The project that the file names of a request lie in, else the active one. */
async function projectOf({ garden }: ServerContext, request: InfillRequest): Promise<ProjectRecord> {
  const names = [request.filename, ...(request.input_extra ?? []).map(({ filename }) => filename).reverse()];
  const projects = await garden.registry.list();
  for (const name of names) {
    const found = typeof name === 'string' ? projectOfFile(projects, name) : null;
    if (found !== null) return found.project;
  }
  return projectFor(garden, undefined);
}

async function answer(c: Context, context: ServerContext, project: ProjectRecord, request: InfillRequest) {
  if (request.n_predict === 0) {
    makeReady(context, project);
    return c.json(chosenFields(infillAnswerOf(project.name, '', '', null), request.response_fields), 200);
  }
  const generation = beginGeneration(c, context);
  const target = {
    project,
    baseModel: project.baseModel,
    ...adapterWish(request.gardener),
  };
  const events = writeSuggestion(context, target, {
    ...suggestionOf(request, project),
    client: clientOf(c),
    signal: generation.signal,
  });
  if (request.stream === true) return streamPieces(c, generation, project, request, events);
  return whileGenerating(generation, async () => {
    const { text, end } = await collect(events);
    return c.json(chosenFields(infillAnswerOf(project.name, text, text, end), request.response_fields), 200);
  });
}

function suggestionOf(request: InfillRequest, project: ProjectRecord): CompleteCodeRequest {
  const { input_prefix, prompt, input_suffix, input_extra, filename, n_predict } = request;
  const { temperature, seed, stop, t_max_predict_ms, gardener } = request;
  const wanted = n_predict == null || n_predict < 0 ? DEFAULT_TOKENS : n_predict;
  return {
    code: codeInProject(project, {
      path: filename,
      before: `${input_prefix ?? ''}${prompt ?? ''}`,
      after: input_suffix ?? '',
      files: (input_extra ?? []).map(({ filename: path, text }) => ({ path, text })),
    }),
    maxTokens: Math.min(wanted, MOST_TOKENS),
    ...(gardener?.retrieval !== undefined && { retrieval: gardener.retrieval }),
    timeLimitMs: gardener?.timeLimitMs,
    minConfidence: gardener?.minConfidence,
    ...(t_max_predict_ms != null && { writingMs: t_max_predict_ms }),
    ...(stop != null && { stop }),
    ...(temperature != null && { temperature }),
    ...(seed != null && { seed }),
  };
}

function streamPieces(
  c: Context,
  generation: Generation,
  project: ProjectRecord,
  request: InfillRequest,
  events: AsyncIterable<{ type: 'text'; text: string } | SuggestionEnd>,
) {
  return streamSSE(c, async (stream) => {
    const send = (data: object) => stream.writeSSE({ data: JSON.stringify(data) });
    let written = '';
    try {
      for await (const event of events) {
        if (stream.aborted) return;
        if (event.type === 'text') {
          written += event.text;
          await send({ index: 0, content: event.text, tokens: [], stop: false });
          continue;
        }
        await send(chosenFields(infillAnswerOf(project.name, '', written, event), request.response_fields));
      }
    } catch (error) {
      await send(errorAnswer(generation.reasonOf(error)).body);
    } finally {
      generation.end();
    }
  }) as never;
}
