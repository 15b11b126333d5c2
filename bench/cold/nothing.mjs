// What Node itself takes.
import { report } from './report.mjs';

report();
