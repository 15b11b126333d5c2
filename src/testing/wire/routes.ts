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

export interface Route {
  readonly kind: RequestKind;
  /** Method and path, with `{id}` for an id. */
  readonly label: string;
  readonly type: RouteType;
  readonly hasBody: boolean;
  /** The id in the path, by its field's name. */
  readonly params: Readonly<Record<string, string>>;
}

/** An id in the path is written as the name of its field. */
const PATHS: Readonly<Record<RouteType, readonly [method: 'GET' | 'POST', path: string]>> = {
  bulk: ['POST', 'bulk'],
  ping: ['GET', 'ping'],
  'pfid/generate': ['POST', 'pfid/generate'],
  'agent_instances/register': ['POST', 'agent_instance/register'],
  'agent_instances/start': ['POST', 'agent_instance/{agent_instance_id}/start'],
  'agent_instances/finish': ['POST', 'agent_instance/{agent_instance_id}/finish'],
  'agent_instances/record_quality': ['POST', 'agent_instance/{agent_instance_id}/record_quality'],
  'agent_instances/terminate': ['POST', 'agent_instance/{agent_instance_id}/terminate'],
  'agent_instances/show': ['GET', 'agent_instance/{agent_instance_id}'],
  'agent_spans/create': ['POST', 'agent_spans'],
  'agent_spans/finish': ['POST', 'agent_spans/{agent_span_id}/finish'],
  'agent_spans/show': ['GET', 'agent_spans/{agent_span_id}'],
  'agent_spans/list': ['GET', 'agent_spans'],
};
export const ROUTE_TYPES = Object.keys(PATHS) as readonly RouteType[];

const ROUTES = ROUTE_TYPES.map((type) => {
  const [method, path] = PATHS[type];
  return {
    method,
    pattern: new RegExp(`^/api/v1/${path.replace(/\{(\w+)\}/, '(?<$1>[^/]*)')}$`),
    kind: type === 'bulk' || type === 'ping' ? type : ('single' as const),
    label: `${method} /api/v1/${path.replace(/\{\w+\}/, '{id}')}`,
    type,
    hasBody: method === 'POST',
  };
});

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
  return { ...route, params: { ...route.pattern.exec(path)?.groups } };
}
