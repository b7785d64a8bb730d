// Prints the compressed JavaScript a browser fetches before the first page shows:
// the entry, what it imports statically, and the Overview route.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 250 * 1024;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

const files = new Map();
const visit = (key) => {
  const chunk = manifest[key];
  if (files.has(chunk.file)) return;
  files.set(chunk.file, gzipSync(readFileSync(new URL(chunk.file, dist))).length);
  for (const imported of chunk.imports ?? []) visit(imported);
};
for (const key of ["index.html", "src/app/routes/overview.tsx"]) visit(key);

let total = 0;
for (const [file, size] of files) {
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(7)} KB  ${file}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(7)} KB  first load (limit ${LIMIT / 1024} KB)`);
if (total > LIMIT) process.exit(1);
