/** In place of compiled-schema.ts in the build for browsers and workers: zod's compiler is a sixth of it. */
import type { compiled as compiledByZod } from './compiled-schema.ts';

export const compiled: typeof compiledByZod = (schema) => schema;
