export interface Piece {
  text: string;
  isMatch: boolean;
}

/** Cuts a snippet at its matches: `[start, end)` pairs in UTF-16 units, in any order, perhaps overlapping. */
export function piecesOf(snippet: string, matches: readonly (readonly [number, number])[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const [start, end] of [...matches].sort((a, b) => a[0] - b[0])) {
    const from = Math.max(start, at);
    const to = Math.min(end, snippet.length);
    if (from >= to) continue;
    if (from > at) pieces.push({ text: snippet.slice(at, from), isMatch: false });
    pieces.push({ text: snippet.slice(from, to), isMatch: true });
    at = to;
  }
  if (at < snippet.length) pieces.push({ text: snippet.slice(at), isMatch: false });
  return pieces;
}
