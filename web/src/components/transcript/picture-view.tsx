import { ImageOff } from "lucide-react";

import { type Picture } from "@/lib/pictures";
import { plainText } from "@/lib/text";

export function PictureView({ picture }: { picture: Picture }) {
  const note = plainText(picture.note);
  if (picture.src === undefined) {
    return (
      <p className="flex items-center gap-2 rounded-lg border border-line bg-sunken px-3 py-2 text-xs wrap-anywhere text-muted">
        <ImageOff aria-hidden className="size-4 shrink-0" /> {note}
      </p>
    );
  }
  return (
    <img
      src={picture.src}
      alt={note}
      loading="lazy"
      decoding="async"
      className="max-h-96 max-w-full justify-self-start rounded-lg border border-line bg-sunken object-contain"
    />
  );
}
