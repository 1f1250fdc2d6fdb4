/** Files as data URLs, and back. */

import { UnexpectedReplyError } from "./errors.js";

const PIECE = 0x8000; // more arguments than this are too many for String.fromCharCode in some engines

/** A file's content as a data URL, as `images` take it. */
export async function toDataUrl(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let start = 0; start < bytes.length; start += PIECE) {
    binary += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  }
  return `data:${file.type || "application/octet-stream"};base64,${btoa(binary)}`;
}

/** What a data URL holds. Throws `UnexpectedReplyError` for what is none. */
export function fromDataUrl(url: string): Blob {
  const [, type, data] = /^data:([^,]*?);base64,(.*)$/s.exec(url) ?? [];
  if (data === undefined) throw new UnexpectedReplyError("This is no data URL in base64.");
  let binary: string;
  try {
    binary = atob(data);
  } catch (cause) {
    throw new UnexpectedReplyError("The data URL is damaged.", { cause });
  }
  return new Blob([Uint8Array.from(binary, (character) => character.charCodeAt(0))], { type: type ?? "" });
}
