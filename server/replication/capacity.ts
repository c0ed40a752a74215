/** How arrays that hold millions grow. */

const MANY = 65_536;

/** Little is left empty where there is much. */
export function grownCapacity(capacity: number): number {
  return Math.ceil(capacity * (capacity < MANY ? 2 : 1.25));
}
