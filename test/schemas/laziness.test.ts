import { expect, test, vi } from 'vitest';

// A page's Content-Security-Policy reports each `new Function`, also one whose error is caught.
test('nothing is compiled on import, and where nothing may be, checks still work', async () => {
  const blocked = vi.fn(function refuse() {
    throw new EvalError('Refused by the Content-Security-Policy');
  });
  vi.stubGlobal('Function', blocked);
  try {
    const { createAgentSpan } = await import('../../src/schemas/agent-spans.ts');
    expect(blocked).not.toHaveBeenCalled();

    const params = { agentInstanceId: 'run', schemaName: 'a', status: 'active', payload: {} };
    expect(createAgentSpan.checkParams(params)).toBeUndefined();
    expect(blocked).toHaveBeenCalled();
    expect(createAgentSpan.checkParams({ ...params, payload: [] })).toEqual([
      { path: 'payload', message: 'must be an object, but it is an array' },
    ]);
  } finally {
    vi.unstubAllGlobals();
  }
});

test('a payload is not looked into', async () => {
  const { createAgentSpan } = await import('../../src/schemas/agent-spans.ts');
  const payload = new Proxy(
    {},
    {
      get: () => expect.fail('was read'),
      ownKeys: () => expect.fail('was walked'),
    },
  );
  const params = { agentInstanceId: 'run', schemaName: 'a', status: 'active', payload };
  expect(createAgentSpan.checkParams(params)).toBeUndefined();
});
