// Every check, by its title, in the order in which they run.
import { answers } from './answers.mjs';
import { arguments_ } from './arguments.mjs';
import { batches } from './batches.mjs';
import { bounds } from './bounds.mjs';
import { entries } from './entries.mjs';
import { failures } from './failures.mjs';
import { opentelemetry } from './opentelemetry.mjs';
import { options } from './options.mjs';
import { retries } from './retries.mjs';
import { runs } from './runs.mjs';
import { texts } from './texts.mjs';
import { traces } from './traces.mjs';

export const checks = {
  ...entries,
  ...batches,
  ...runs,
  ...failures,
  ...retries,
  ...answers,
  ...texts,
  ...traces,
  ...opentelemetry,
  ...bounds,
  ...arguments_,
  ...options,
};
