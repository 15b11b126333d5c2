/** Which answer a path gets: the bulk endpoint, the single ones, and what the peers speak. */
import * as answers from './answers.ts';
import type { Answer } from './bulk.ts';
import { kindOf, obey, succeed } from './bulk.ts';

/** `obey`: items may fail, by their markers. `succeed`: they never do, which costs less. */
export type Rules = 'succeed' | 'obey';

export function answer(path: string, body: Buffer, rules: Rules): Answer {
  switch (path) {
    case '/api/v1/bulk':
      return rules === 'succeed' ? succeed(body) : obey(body);
    case '/api/v1/agent_spans':
      return single(body, rules);
    case '/v1/traces':
      return { status: 200, text: '{}', items: spansIn(body) };
    case '/runs/batch':
      return { status: 202, text: '{}', items: runsIn(body) };
    case '/info':
      return { status: 200, text: LANGSMITH_INFO, items: 0 };
    default:
      // Registrations and the like: no span.
      return { status: 200, text: succeeded(body), items: 0 };
  }
}

const LANGSMITH_INFO = JSON.stringify({
  version: '0.1.0',
  batch_ingest_config: {
    use_multipart_endpoint: false,
    size_limit: 100,
    size_limit_bytes: 20_971_520,
    scale_up_qsize_trigger: 1000,
    scale_up_nthreads_limit: 16,
    scale_down_nempty_trigger: 4,
  },
});

function single(body: Buffer, rules: Rules): Answer {
  if (rules === 'obey' && body.includes('"marker":"')) {
    return { status: 422, text: '{"status":"error","code":"validation_error"}', items: 1 };
  }
  return { status: 200, text: succeeded(body), items: 1 };
}

function succeeded(body: Buffer): string {
  return `{"status":"success","details":${answers.details(kindOf(body))}}`;
}

function spansIn(body: Buffer): number {
  const { resourceSpans } = JSON.parse(body.toString()) as {
    resourceSpans: readonly { scopeSpans: readonly { spans: readonly unknown[] }[] }[];
  };
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .reduce((sum, { spans }) => sum + spans.length, 0);
}

function runsIn(body: Buffer): number {
  const { post = [] } = JSON.parse(body.toString()) as { post?: readonly unknown[] };
  return post.length;
}
