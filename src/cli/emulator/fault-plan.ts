/** `--faults`: a fault plan as people type it, `status=0.05,dropAfter=0.02`, as JSON, or as a file of that. */
import { readFile } from 'node:fs/promises';
import { problemsWithPlan } from '../../testing/faults/check-faults.ts';
import type { FaultPlan, FaultRates } from '../../testing/index.ts';
import { wrongUsage } from '../command/failures-exit-codes.ts';

/** The faults of a plan, and what goes wrong. */
const faultNames: Readonly<Record<keyof FaultRates, string>> = {
  delay: 'the request waits, up to maxDelayMs (1,000)',
  dropBefore: 'the connection breaks before the work',
  dropAfter: 'the connection breaks after the work',
  dropMiddle: 'the connection breaks in the middle of the answer',
  truncate: 'the answer ends early, as if it were whole',
  html: "a proxy's page, with status 502",
  endless: 'an answer without an end',
  status: 'one of the statuses (429, 500, 502, 503)',
  omit: 'the output of an item is left out',
  extra: 'an output for a key that was not sent',
  wrongId: 'a success names another id',
  itemTransient: 'an item is refused with temporarily_unavailable, this once',
  itemPermanent: 'an item is refused with validation_errors, each time',
};

const longestName = Math.max(...Object.keys(faultNames).map(({ length }) => length));

/** A line for each fault. */
export const faultsHelp: string = Object.entries(faultNames)
  .map(([name, what]) => `    ${name.padEnd(longestName)}  ${what}`)
  .join('\n');

/**
 * @param given A list of rates, a JSON text, or `@` and the path of a JSON file.
 * @throws {CommandFailure} when it is none of these, or not a valid plan.
 */
export async function readFaultPlan(given: string): Promise<FaultPlan> {
  const path = given.startsWith('@') ? given.slice(1) : undefined;
  const text =
    path === undefined
      ? given
      : await readFile(path, 'utf8').catch(() => {
          throw wrong(`The file "${path}" cannot be read.`);
        });
  const isJson = path !== undefined || /^\s*\{/.test(text);
  const plan = isJson ? parsePlan(text) : parseList(text);
  const [problem] = problemsWithPlan(plan);
  if (problem !== undefined) throw wrong(`Of the plan, ${problem}.`);
  return plan as FaultPlan;
}

/** `status=0.05,dropAfter=0.02`, and perhaps `on=single`. */
function parseList(text: string): unknown {
  const given = new Map<string, string>();
  for (const part of text.split(',')) {
    const [name = '', ...values] = part.split('=').map((word) => word.trim());
    if (given.has(name)) throw wrong(`"${name}" is given twice.`);
    given.set(name, values.join('='));
  }
  const on = given.get('on');
  given.delete('on');
  const rates = Object.fromEntries(
    Array.from(given, ([name, rate]) => [name, rate === '' ? Number.NaN : Number(rate)]),
  );
  return { rates, ...(on !== undefined && { on }) };
}

function parsePlan(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong('The plan is no JSON.');
  }
}

function wrong(sentence: string): Error {
  return wrongUsage('emulator', `--faults: ${sentence}`);
}
