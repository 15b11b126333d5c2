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

const PREFIX = '/api/v1/';

export interface Route {
  readonly kind: RequestKind;
  /** Method and path, with `{id}` for an id. */
  readonly label: string;
  /** The bulk form's `_type`, or `bulk`, `ping`, `pfid/generate`. */
  readonly type: string;
  /** Whether the request has a JSON body. */
  readonly hasBody: boolean;
  /** The path parameter, by its resource's name. */
  readonly param: { readonly name: string; readonly value: string } | undefined;
}

interface Entry {
  readonly method: string;
  readonly path: readonly string[];
  readonly type: string;
  readonly hasBody: boolean;
  readonly param?: string;
}

const ENTRIES: readonly Entry[] = [
  post('bulk', 'bulk'),
  { method: 'GET', path: ['ping'], type: 'ping', hasBody: false },
  post('pfid/generate', 'pfid/generate'),
  post('agent_instance/register', 'agent_instances/register'),
  post('agent_instance/{id}/start', 'agent_instances/start', 'agent_instance_id'),
  post('agent_instance/{id}/finish', 'agent_instances/finish', 'agent_instance_id'),
  post('agent_instance/{id}/record_quality', 'agent_instances/record_quality', 'agent_instance_id'),
  post('agent_instance/{id}/terminate', 'agent_instances/terminate', 'agent_instance_id'),
  get('agent_instance/{id}', 'agent_instances/show', 'agent_instance_id'),
  post('agent_spans', 'agent_spans/create'),
  post('agent_spans/{id}/finish', 'agent_spans/finish', 'agent_span_id'),
  get('agent_spans/{id}', 'agent_spans/show', 'agent_span_id'),
  { method: 'GET', path: ['agent_spans'], type: 'agent_spans/list', hasBody: false },
];

/** `bulk`, `ping`, and the single endpoints. */
export const ROUTE_TYPES: readonly string[] = ENTRIES.map(({ type }) => type);

/** A request that no route fits. */
export interface NoRoute {
  /** Method and path, as they came. */
  readonly label: string;
  /** The methods that the path has; empty where it has none. */
  readonly allow: string;
}

export function findRoute(method: string, path: string): Route | NoRoute {
  const segments = path.startsWith(PREFIX) ? path.slice(PREFIX.length).split('/') : [];
  const entries = ENTRIES.filter((entry) => fits(entry, segments));
  const entry = entries.find((one) => one.method === method);
  if (entry === undefined) {
    return { label: `${method} ${path}`, allow: entries.map((one) => one.method).join(', ') };
  }
  const { type, hasBody, param } = entry;
  return {
    kind: type === 'bulk' || type === 'ping' ? type : 'single',
    label: `${method} ${PREFIX}${entry.path.join('/')}`,
    type,
    hasBody,
    param: param === undefined ? undefined : { name: param, value: segments[1] ?? '' },
  };
}

function fits(entry: Entry, segments: readonly string[]): boolean {
  return (
    entry.path.length === segments.length &&
    entry.path.every((segment, i) => segment === segments[i] || segment === '{id}')
  );
}

function post(path: string, type: string, param?: string): Entry {
  const entry = { method: 'POST', path: path.split('/'), type, hasBody: true };
  return param === undefined ? entry : { ...entry, param };
}

function get(path: string, type: string, param: string): Entry {
  return { method: 'GET', path: path.split('/'), type, hasBody: false, param };
}
