/**
 * By how many rows the list moved under what the reader sees: the first row in sight that is
 * still there tells. 0 when nothing moved, or when nothing in sight is known any more.
 */
export function rowShift(
  before: ReadonlyMap<number, string>,
  after: ReadonlyMap<string, number>,
  firstInSight: number,
  lastInSight: number,
): number {
  for (let index = firstInSight; index <= lastInSight; index++) {
    const id = before.get(index);
    const now = id === undefined ? undefined : after.get(id);
    if (now !== undefined) return now - index;
  }
  return 0;
}
