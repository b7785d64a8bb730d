// Pictures in transcripts. Only what the transcript itself carries is shown: fetching a picture
// would tell its server who reads this and when.
import { isObject, type Untyped } from "./untyped";

export interface Picture {
  /** A `data:` address of a known picture type; absent for one that is elsewhere, too large or odd. */
  src?: string;
  note: string;
}

const TYPES = /^image\/(?:png|jpeg|gif|webp|avif)$/;
const DATA_URL = /^data:([a-z]+\/[a-z0-9.+-]+);base64,/i;
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;
/** In characters of base64: about 7.5 MB of picture. */
const LIMIT = 10_000_000;

/** The picture in one of the shapes that agents use, or nothing when it is something else. */
export function pictureOf(content: unknown): Picture | undefined {
  if (!isObject(content)) return undefined;
  const source = isObject(content.source) ? content.source : content;
  const type = text(source.media_type) ?? text(source.mediaType) ?? text(source.mimeType) ?? text(source.mime_type) ?? text(content.mime);
  const data = text(source.data) ?? text(source.base64);
  if (data !== undefined && type !== undefined) return type.startsWith("image/") || isPictureType(content) ? inline(type, data) : undefined;

  const imageUrl = content.image_url;
  const address = text(isObject(imageUrl) ? imageUrl.url : imageUrl) ?? text(source.url) ?? text(content.image);
  if (address === undefined || !(isPictureType(content) || type?.startsWith("image/") || imageUrl !== undefined)) return undefined;
  const match = DATA_URL.exec(address);
  if (match?.[1] !== undefined) return inline(match[1].toLowerCase(), address.slice(match[0].length));
  return { note: `A picture kept elsewhere, not loaded: ${address.slice(0, 200)}` };
}

function inline(type: string, data: string): Picture {
  if (!TYPES.test(type)) return { note: `A picture of the type ${type.slice(0, 60)}, which is not shown` };
  if (data.length > LIMIT) return { note: `A picture of ${Math.round((data.length * 3) / 4e6)} MB, too large to show` };
  if (!BASE64.test(data)) return { note: "A picture that is damaged" };
  return { src: `data:${type};base64,${data}`, note: `Picture (${type.slice("image/".length).toUpperCase()})` };
}

function isPictureType(content: Untyped): boolean {
  return typeof content.type === "string" && /image/i.test(content.type);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
