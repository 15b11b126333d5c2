/** `--faults`: a fault plan as people type it, `status=0.05,dropAfter=0.02`, as JSON, or as a file of that. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { nearest } from '../../internal/nearest.ts';
import type { FaultPlan, FaultRates } from '../../testing/index.ts';
import { wrongUsage } from '../arguments.ts';

type FaultName = keyof FaultRates;

/** What goes wrong, by the name that a plan has for it. */
export const faultNames: Readonly<Record<FaultName, string>> = {
  delay: 'the request waits, up to maxDelayMs (1,000)',
  dropBefore: 'the connection breaks before the work',
  dropAfter: 'the connection breaks after the work',
  dropMiddle: 'the connection breaks in the middle of the answer',
  truncate: 'the answer ends early, as if it were whole',
  html: "a proxy's page, with status 502",
  endless: 'an answer without an end',
  status: 'one of the statuses (429, 500, 502, 503)',
  omit: 'the output of an item is left out',
  extra: 'an output that nobody asked for',
  wrongId: 'a success names another id',
  itemTransient: 'an item is refused with temporarily_unavailable, this once',
  itemPermanent: 'an item is refused with validation_errors, each time',
};

const names = Object.keys(faultNames).filter(isFaultName);

/**
 * @param given A list of rates, a JSON text, or `@` and the path of a JSON file.
 * @throws {CommandFailure} when it is none of them, or no plan can be that.
 */
export async function readPlan(given: string): Promise<FaultPlan> {
  const text = given.startsWith('@') ? await readPlanFile(given.slice(1)) : given;
  const isJson = given.startsWith('@') || /^\s*\{/.test(text);
  const plan = isJson ? parsePlan(text) : { rates: parseRates(text) };
  const sum = names
    .filter((name) => name !== 'itemTransient' && name !== 'itemPermanent')
    .reduce((total, name) => total + (plan.rates[name] ?? 0), 0);
  // 0.2 + 0.4 + 0.3 + 0.1 is a hair above 1.
  if (sum > 1 + 1e-9) {
    throw wrong(
      `The rates of what befalls a request add up to ${sum.toFixed(2)}, which is above 1.`,
    );
  }
  return plan;
}

async function readPlanFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw wrong(`The file "${path}" cannot be read.`);
  }
}

function parseRates(text: string): FaultRates {
  const rates: { -readonly [Name in FaultName]?: number } = {};
  for (const part of text.split(',')) {
    const [name = '', value = '', ...more] = part.split('=').map((word) => word.trim());
    if (!isFaultName(name)) throw wrong(noSuchFault(name));
    const rate = value === '' || more.length > 0 ? Number.NaN : Number(value);
    if (!(rate >= 0 && rate <= 1)) {
      throw wrong(`The rate of ${name} is a number from 0 to 1, such as ${name}=0.05.`);
    }
    if (rates[name] !== undefined) throw wrong(`The rate of ${name} is given twice.`);
    rates[name] = rate;
  }
  return rates;
}

function parsePlan(text: string): FaultPlan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('The plan is no JSON.');
  }
  const { success, data, error } = faultPlan.safeParse(value);
  if (!success) {
    // What is missing is mostly there under a wrong name.
    const { issues } = error;
    throw wrong(sentenceOf(issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]));
  }
  return data;
}

function sentenceOf(issue: z.core.$ZodIssue | undefined): string {
  const path = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    const [name = ''] = issue.keys;
    if (path === 'rates') return noSuchFault(name);
    return `There is no "${name}" in a plan. Did you mean "${nearest(name, Object.keys(fields))}"?`;
  }
  return `${path === '' ? 'The plan' : `"${path}" of the plan`} is not right (${issue?.message}).`;
}

function noSuchFault(name: string): string {
  return `There is no fault "${name}". Did you mean "${nearest(name, names)}"?`;
}

function wrong(sentence: string): Error {
  return wrongUsage('emulator', `--faults: ${sentence}`);
}

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faultNames, name);
}

const rate = z.exactOptional(z.number().min(0).max(1));
const refusal = z.exactOptional(
  z.strictObject({
    code: z.exactOptional(z.string().min(1)),
    message: z.exactOptional(z.string()),
    errors: z.unknown().optional(),
  }),
);
const fields = {
  rates: z.strictObject({
    delay: rate,
    dropBefore: rate,
    dropAfter: rate,
    dropMiddle: rate,
    truncate: rate,
    html: rate,
    endless: rate,
    status: rate,
    omit: rate,
    extra: rate,
    wrongId: rate,
    itemTransient: rate,
    itemPermanent: rate,
  } satisfies Record<FaultName, typeof rate>),
  seed: z.exactOptional(z.int()),
  maxDelayMs: z.exactOptional(z.number().min(0).max(600_000)),
  statuses: z.exactOptional(z.array(z.int().min(300).max(599)).min(1)),
  retryAfter: z.exactOptional(z.number().min(0)),
  transient: refusal,
  permanent: refusal,
};
const faultPlan: z.ZodType<FaultPlan> = z.strictObject(fields);
