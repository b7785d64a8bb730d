import { piecesOf } from "../marks";

/** A passage as text, with what matched marked. */
export function Snippet({ text, matches }: { text: string; matches: readonly (readonly [number, number])[] }) {
  return (
    <p dir="auto" className="line-clamp-3 text-[0.8125rem] leading-relaxed break-words whitespace-pre-wrap text-muted">
      {piecesOf(text, matches).map((piece, index) => (piece.isMatch ? <mark key={index}>{piece.text}</mark> : piece.text))}
    </p>
  );
}
