// The suite in a page. Where a policy is set, what it reports is counted; at the end the page is left.
import { equal } from './context.mjs';
import { runSuite } from './suite.mjs';

const query = new URLSearchParams(location.search);
const setup = query.get('setup');
const violations = [];
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  violations.push(`${violatedDirective} ${blockedURI}`);
});

await runSuite({
  origin: location.origin,
  setup,
  goesOn: true,
  more: {
    'a policy has at most one thing to report': () => {
      equal(violations.slice(1), [], 'what was reported beside the first');
    },
  },
});
location.href = `/leave?${new URLSearchParams({ setup, at: '0' })}`;
