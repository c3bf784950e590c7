import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  fromJsonSchema,
  type JsonSchemaType,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod/mini';
import { AppError } from '../../../lib/errors.ts';
import type { Services } from '../../../lib/services.ts';
import { visibleIn } from '../../../lib/sessions/masking/visible.ts';
import type { Api, Send } from '../api/api.ts';
import { type Operation, resolved, type Shape, shapeOf } from '../api/read-answer.ts';
import { Failure, Problem, UsageError } from '../help.ts';

/** The person at this machine, who approves what an agent ends here: no chat is there to ask. */
export interface AtThisMachine {
  /** What the handlers work with: questions wait for the person here. */
  readonly services: Services;
  /** False where whoever started it lets agents end without a person, or warden.yaml does. */
  readonly mustApprove: boolean;
  /** What is asked, in words. */
  question(id: string): string;
  /** The person's answer; a yes has it done. @returns what came of it, in words */
  decide(id: string, isYes: boolean): Promise<string>;
}

/** What the tools work with. */
export interface Asking {
  readonly server: McpServer;
  readonly api: Api;
  /** The target that is meant where a call names none. */
  readonly target: string | undefined;
  /** Only where the databases are asked from this process. */
  readonly person: AtThisMachine | undefined;
  readonly sleep: (ms: number, end?: AbortSignal) => Promise<unknown>;
}

const MAX_AGENT = 100;
const UNNAMED = { name: 'unnamed', version: '' };

/** What newer clients say of themselves with each request; older ones say it once. */
const envelopeSchema = z.object({
  [CLIENT_INFO_META_KEY]: z.optional(z.object({ name: z.string(), version: z.string() })),
  [CLIENT_CAPABILITIES_META_KEY]: z.optional(z.object({ elicitation: z.optional(z.unknown()) })),
});
const saidIn = ({ mcpReq }: Pick<ServerContext, 'mcpReq'>) => z.safeParse(envelopeSchema, mcpReq.envelope ?? {}).data;

/** The client as the record calls it: `claude-code/2.1`. What a header cannot hold becomes a question mark. */
function agentOf({ server }: Pick<Asking, 'server'>, ctx: Pick<ServerContext, 'mcpReq'>): string {
  const { name, version } = saidIn(ctx)?.[CLIENT_INFO_META_KEY] ?? server.server.getClientVersion() ?? UNNAMED;
  const said = [name, version]
    .filter(Boolean)
    .join('/')
    .replace(/[^!-~ ]/g, '?')
    .trim();
  return said.slice(0, MAX_AGENT) || 'unnamed';
}

/** True where the client can put a question to the person who uses it. */
export function canElicit({ server }: Pick<Asking, 'server'>, ctx: Pick<ServerContext, 'mcpReq'>): boolean {
  const said = saidIn(ctx)?.[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities();
  return said?.elicitation !== undefined;
}

/** Asks the API in the agent's name. @throws Problem, UsageError, Failure */
export async function asked<Data>(asking: Asking, ctx: ServerContext, send: Send<Data>): Promise<NonNullable<Data>> {
  return (await asking.api.ask(send, { agent: agentOf(asking, ctx) })).data;
}

/** The target of a call. @throws UsageError that names those that there are */
export async function targetOf(asking: Asking, ctx: ServerContext, named: string | undefined): Promise<string> {
  const target = named ?? asking.target;
  if (target !== undefined) return target;
  const { targets } = await asked(asking, ctx, (api) => api.GET('/targets'));
  throw new UsageError(
    `Name the target: ${targets.map(({ name }) => name).join(', ') || 'there is none that you may see'}.`,
  );
}

/** The fields of an answer as docs/openapi.json has them, for {@link described}: a newer server may say more, an older one less. */
export function fieldsOf(operation: Operation, form = 0): Readonly<Record<string, z.ZodMiniType>> {
  const shape = resolved(shapeOf(operation) ?? {});
  return fieldsIn(resolved(shape.anyOf?.[form] ?? shape));
}

const fieldsIn = ({ properties = {} }: Shape) =>
  Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, z.optional(schemaOf(field))]));

function schemaOf(named: Shape): z.ZodMiniType {
  const { type, properties, items, anyOf } = resolved(named);
  if (anyOf !== undefined) return z.union(anyOf.map(schemaOf));
  if (Array.isArray(type)) return z.union(type.map((one) => schemaOf({ type: one })));
  if (type === 'array') return z.array(items === undefined ? z.unknown() : schemaOf(items));
  if (type === 'object') return z.looseObject(fieldsIn({ properties: properties ?? {} }));
  return PLAIN[String(type)]?.() ?? z.unknown();
}

const PLAIN: Readonly<Record<string, () => z.ZodMiniType>> = {
  string: z.string,
  boolean: z.boolean,
  number: z.number,
  integer: z.number,
  null: z.null,
};

/** A schema of the API's answers as a tool describes what it gives. */
export function described<T>(schema: z.ZodMiniType<T>) {
  const inJson: JsonSchemaType = JSON.parse(JSON.stringify(z.toJSONSchema(schema)));
  return fromJsonSchema<T>(inJson);
}

/** What a tool gives. Texts are others', so what commands a terminal or turns text round is written as `\u202e`. */
export function given(data: Readonly<Record<string, unknown>>): CallToolResult {
  const structuredContent = visibleIn({ ...data });
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

/** A failure of a tool, in words that say what to do. */
export const failed = (text: string): CallToolResult => ({ content: [{ type: 'text', text }], isError: true });

/** Runs a tool; what the API or the command refuses is an error of the tool, in their own words. */
export async function orFailed<Result>(work: () => Promise<Result>): Promise<Result | CallToolResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem || error instanceof UsageError || error instanceof Failure)
      return failed(error.message);
    if (error instanceof AppError) return failed([error.message, error.detail, error.hint].filter(Boolean).join('\n'));
    throw error;
  }
}
