/** Images for a prompt: what may be attached, and what is wrong with the rest. */

import { toDataUrl } from "@pluggably/client";
import { bytes } from "../../common/format";

export const MOST_IMAGES = 8;
export const MAX_BYTES = 10_000_000;
export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];

export interface Attachment {
  id: string;
  name: string;
  /** A data URL, the address of an image that the gateway fetches, or `artifact:ID`. */
  url: string;
  /** Where the page sees it, where that is not `url` itself. */
  shown?: string;
}

/** A file that can't be attached; the message says why, for whoever chose it. */
export class UnfitImage extends Error {}

let numbers = 0;

/** A file as an attachment. Throws `UnfitImage`. */
export async function fromFile(file: File, decode: (file: Blob) => Promise<unknown> = decodes): Promise<Attachment> {
  const name = file.name || "pasted image";
  if (!IMAGE_TYPES.includes(file.type)) throw new UnfitImage(`“${name}” is no PNG, JPEG, WebP or GIF image.`);
  if (file.size > MAX_BYTES) {
    throw new UnfitImage(`“${name}” has ${bytes(file.size)}; at most ${bytes(MAX_BYTES)} can be attached.`);
  }
  try {
    await decode(file);
  } catch {
    throw new UnfitImage(`“${name}” is damaged: it can't be shown.`);
  }
  return { id: `image-${++numbers}`, name, url: await toDataUrl(file) };
}

/** The image at an address as an attachment. Throws `UnfitImage`. */
export function fromAddress(address: string): Attachment {
  let url: URL;
  try {
    url = new URL(address.trim());
  } catch {
    throw new UnfitImage("This is no address. One looks like https://example.com/picture.png.");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new UnfitImage("Only http and https addresses can be attached.");
  }
  return { id: `image-${++numbers}`, name: url.pathname.split("/").pop() || url.hostname, url: url.href };
}

async function decodes(file: Blob): Promise<void> {
  (await createImageBitmap(file)).close();
}
