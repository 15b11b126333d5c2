/** Letters of the legend, one for each item, as counts and letters: `36s1f63k`. */
export function runsOf(letters: readonly string[]): string {
  let runs = '';
  let count = 0;
  letters.forEach((letter, place) => {
    count++;
    if (letters[place + 1] === letter) return;
    runs += count + letter;
    count = 0;
  });
  return runs;
}
