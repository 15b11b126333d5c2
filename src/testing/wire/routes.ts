// Paths and methods: docs/internals/api.md, "Connection", "Bulk request" and "Single endpoints". Singular for
// instances, plural for spans; the `_type` is plural for both.

/** `single`: all single endpoints but ping. */
export type RequestKind = 'bulk' | 'single' | 'ping';

/** A single endpoint, by the `_type` that its action has in bulk, or would have. */
export type SingleEndpoint =
  | 'agent_instances/register'
  | 'agent_instances/start'
  | 'agent_instances/finish'
  | 'agent_instances/record_quality'
  | 'agent_instances/terminate'
  | 'agent_instances/show'
  | 'agent_spans/create'
  | 'agent_spans/finish'
  | 'agent_spans/show'
  | 'agent_spans/list'
  | 'pfid/generate';

type RouteType = 'bulk' | 'ping' | SingleEndpoint;

const PREFIX = '/api/v1/';
const INSTANCE_ID = 'agent_instance_id';
const SPAN_ID = 'agent_span_id';

export interface Route {
  readonly kind: RequestKind;
  /** Method and path, with `{id}` for an id. */
  readonly label: string;
  readonly type: RouteType;
  readonly hasBody: boolean;
  /** The id in the path, by its field's name. */
  readonly params: Readonly<Record<string, string>>;
}

type Entry = readonly [method: 'GET' | 'POST', path: string, type: RouteType, idField?: string];

const ENTRIES: readonly Entry[] = [
  ['POST', 'bulk', 'bulk'],
  ['GET', 'ping', 'ping'],
  ['POST', 'pfid/generate', 'pfid/generate'],
  ['POST', 'agent_instance/register', 'agent_instances/register'],
  ['POST', 'agent_instance/{id}/start', 'agent_instances/start', INSTANCE_ID],
  ['POST', 'agent_instance/{id}/finish', 'agent_instances/finish', INSTANCE_ID],
  ['POST', 'agent_instance/{id}/record_quality', 'agent_instances/record_quality', INSTANCE_ID],
  ['POST', 'agent_instance/{id}/terminate', 'agent_instances/terminate', INSTANCE_ID],
  ['GET', 'agent_instance/{id}', 'agent_instances/show', INSTANCE_ID],
  ['POST', 'agent_spans', 'agent_spans/create'],
  ['POST', 'agent_spans/{id}/finish', 'agent_spans/finish', SPAN_ID],
  ['GET', 'agent_spans/{id}', 'agent_spans/show', SPAN_ID],
  ['GET', 'agent_spans', 'agent_spans/list'],
];

const ROUTES = ENTRIES.map(([method, path, type, idField]) => ({
  method,
  type,
  idField,
  label: `${method} ${PREFIX}${path}`,
  pattern: new RegExp(`^${PREFIX}${path.replace('{id}', '([^/]*)')}$`),
}));

export const ROUTE_TYPES: readonly RouteType[] = ROUTES.map(({ type }) => type);

/** A request that no route fits. */
export interface NoRoute {
  /** Method and path, as they came. */
  readonly label: string;
  /** The methods that the path has; empty where it has none. */
  readonly allow: string;
}

export function findRoute(method: string, path: string): Route | NoRoute {
  const fitting = ROUTES.filter(({ pattern }) => pattern.test(path));
  const route = fitting.find((one) => one.method === method);
  if (route === undefined) {
    return { label: `${method} ${path}`, allow: fitting.map((one) => one.method).join(', ') };
  }
  const { type, idField, label, pattern } = route;
  return {
    kind: type === 'bulk' || type === 'ping' ? type : 'single',
    label,
    type,
    hasBody: method === 'POST',
    params: idField === undefined ? {} : { [idField]: pattern.exec(path)?.[1] ?? '' },
  };
}
