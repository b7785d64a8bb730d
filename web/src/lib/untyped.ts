// Reading JSON whose shape nobody promised.

export type Untyped = Record<string, unknown>;

export function isObject(value: unknown): value is Untyped {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first of `keys` that holds text; an empty text only where no other does. */
export function firstString(object: Untyped, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = object[key];
    if (typeof value === "string" && value !== "") return value;
  }
  return keys.some((key) => object[key] === "") ? "" : undefined;
}
