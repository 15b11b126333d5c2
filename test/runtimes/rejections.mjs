/** Collects unhandled rejections, by whichever way the runtime tells of them. */
export function watchRejections() {
  const seen = [];
  const note = (reason) => void seen.push(String(reason));
  const { process } = globalThis;
  if (typeof process?.on === 'function') process.on('unhandledRejection', note);
  globalThis.addEventListener?.('unhandledrejection', (event) => {
    event.preventDefault();
    note(event.reason);
  });
  return {
    /** Those so far, but for such as begin so. */
    take: (but) => seen.splice(0).filter((text) => but === undefined || !text.startsWith(but)),
  };
}
