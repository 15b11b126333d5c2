/** The flags of Node that decide whom it trusts, and how its requests leave. */
const decisive =
  /^--(no-)?(use-(system|openssl|bundled)-ca|openssl-|tls-|(enable|force)-fips|use-env-proxy|dns-result-order|(enable-)?network-family-|max-http-header-size|insecure-http-parser)/;

/** Words parted by blanks, as Node reads NODE_OPTIONS: blanks between quotes part none. */
const words = /(?:[^ "]|"(?:[^"\\]|\\.)*")+/g;
const quoted = /"((?:[^"\\]|\\.)*)"/g;

/** What a process of its own needs of those that this one was started with; of no others, which may start anything. */
export function networkFlags(execArgv: readonly string[], nodeOptions: string): string[] {
  const given = nodeOptions.match(words) ?? [];
  const options = given.map((word) =>
    word.replace(quoted, (_, inner: string) => inner.replace(/\\(.)/g, '$1')),
  );
  let isDecisive = false;
  return [...options, ...execArgv].filter((word) => {
    // What is no flag is the value of the one before it.
    if (word.startsWith('-')) isDecisive = decisive.test(word.replaceAll('_', '-'));
    return isDecisive;
  });
}
