/** Says that the first result is there, and what CPU time it took, in milliseconds. */
export function report() {
  const { user, system } = process.cpuUsage();
  process.stdout.write(String((user + system) / 1000));
}
