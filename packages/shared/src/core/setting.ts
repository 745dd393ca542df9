/** The variable `name` of a Worker as a whole number from 1 to 99999. Throws where it is none. */
export function wholeNumberSetting(name: string, value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) {
    throw new RangeError(`${name} is ${JSON.stringify(value)}: a whole number from 1 on`);
  }
  return Number(value);
}
