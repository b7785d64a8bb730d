// Writes src/types/collections.ts from pb_schema/*.json: `node scripts/generate-records.mjs`.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = import.meta.dirname;
const schemas = join(here, "../../pb_schema");
const target = join(here, "../src/types/collections.ts");

const TYPES = { number: "number", bool: "boolean", json: "unknown" };

export function recordTypes() {
  const collections = readdirSync(schemas)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(schemas, name), "utf8")))
    // The columns of a view are in its SQL.
    .filter(({ type, fields }) => type !== "view" && fields !== undefined);
  const head = "// Made by `node scripts/generate-records.mjs` from pb_schema/*.json. Absent text is \"\", absent numbers are 0.\n";
  return head + collections.map(interfaceOf).join("");
}

function interfaceOf({ name, fields }) {
  const lines = fields
    .filter((field) => !field.hidden && field.type !== "password" && field.name !== "id")
    .map((field) => `  ${field.name}: ${typeOf(field)};\n`);
  return `\nexport interface ${name[0].toUpperCase()}${name.slice(1)}Record {\n  id: string;\n${lines.join("")}}\n`;
}

function typeOf({ type, values, maxSelect, required }) {
  const isMany = (type === "select" || type === "relation" || type === "file") && (maxSelect ?? 1) > 1;
  if (type === "select") {
    const union = values.map((value) => JSON.stringify(value)).join(" | ");
    if (isMany) return `(${union})[]`;
    return required ? union : `${union} | ""`;
  }
  return (TYPES[type] ?? "string") + (isMany ? "[]" : "");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, recordTypes());
