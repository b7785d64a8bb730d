// The limits of `sidecar/domain/selection.py`.
const MAX_LENGTH = 64;
const MAX_TAGS = 50;

/** Tags as they are typed, with commas between them. */
export function tagsOf(text: string): string[] {
  const tags = text.split(",").map((tag) => tag.trim().slice(0, MAX_LENGTH)).filter((tag) => tag !== "");
  return [...new Set(tags)].slice(0, MAX_TAGS);
}
