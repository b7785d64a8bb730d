// Readers for what the address bar holds: the value, or nothing where it is not what it should be.

/** The router reads `?q=42` as a number. */
export function textParam(value: unknown, limit = 500): string | undefined {
  const string = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof string === "string" && string !== "" ? string.slice(0, limit) : undefined;
}

export function numberParam(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** Absent unless it is true, so that `false` never clutters the address. */
export function flagParam(value: unknown): true | undefined {
  return value === true || value === "true" || value === 1 ? true : undefined;
}

export function choiceParam<T extends string>(value: unknown, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === value);
}

/** One value stands in the address as itself, `?source=pi`; only several need a list. */
export function oneOrMany<T>(values: readonly T[] | undefined): T | readonly T[] | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return values.length === 1 ? values[0] : values;
}

/** A list, or one value alone; empty means absent. */
export function listParam(value: unknown, limit = 50): string[] | undefined {
  const values = (Array.isArray(value) ? value : [value]) as unknown[];
  const texts = values.map((item) => textParam(item)).filter((item) => item !== undefined);
  return texts.length > 0 ? [...new Set(texts)].slice(0, limit) : undefined;
}
