/** Lines of action files. */

/** One run: a registration, a start, spans of these names, their finishes, and the run's own. */
export function run(name: string, spans: readonly string[], t = 0): object[] {
  return [
    { t, type: 'agent_instances/register', instance: name, payload: {} },
    { t, type: 'agent_instances/start', instance: name },
    ...spans.map((span) => create(name, span, t)),
    ...spans.map((span) => finish(name, span, t)),
    { t, type: 'agent_instances/finish', instance: name, status: 'complete' },
  ];
}

export function create(instance: string, span: string, t = 0): object {
  const type = 'agent_spans/create';
  return { t, type, instance, span, schema_name: 'agent:tool', status: 'active', payload: {} };
}

export function finish(instance: string, span: string, t = 0): object {
  return { t, type: 'agent_spans/finish', instance, span, status: 'complete' };
}

export function ndjson(...actions: readonly object[]): string {
  return actions.map((action) => `${JSON.stringify(action)}\n`).join('');
}
