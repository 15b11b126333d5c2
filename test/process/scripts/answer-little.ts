interface Item {
  readonly idempotency_key: string;
  readonly id?: string;
  readonly agent_instance_id?: string;
  readonly agent_span_id?: string;
  readonly details?: { readonly id?: string };
}

/** The least that a server can answer: the emulator would keep what it was told. */
export async function answerLittle(request: Request): Promise<Response> {
  // As from a network: within one turn of the event loop nothing that is held weakly can go.
  await new Promise(setImmediate);
  const { items } = (await request.json()) as { items: Item[] };
  const outputs = items.map((item) => {
    const known = item.details?.id ?? item.id ?? item.agent_span_id ?? item.agent_instance_id;
    const id = known ?? `made-for-${item.idempotency_key}`;
    return [item.idempotency_key, { status: 'success', details: { id } }];
  });
  return Response.json({ status: 'success', outputs: Object.fromEntries(outputs) });
}
