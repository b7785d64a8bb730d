import { isObject } from "@/lib/untyped";

/** What is published beyond the conversation itself. */
export interface Include {
  paths: boolean;
  cost: boolean;
  notes: boolean;
}

/** What the owner agreed to when the session was published; nothing where that is not known. */
export function includeOf(stored: unknown): Include {
  const said = isObject(stored) ? stored : {};
  return { paths: said.paths === true, cost: said.cost === true, notes: said.notes === true };
}
