/** Reads an option that has to be a whole number from 1 on; ends the process where it is none. */
export function wholeNumber(text: string, name: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`${name} must be a whole number from 1 on, but it is "${text}".`);
  process.exit(1);
}
