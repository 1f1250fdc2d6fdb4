/** What went wrong, and what to do about it, in words for whoever sits before the page. */

import { ApiError, ConnectionError, TimeoutError } from "@pluggably/client";

export interface Problem {
  title: string;
  advice: string;
  code: string | null;
}

const ADVICE: Record<string, string> = {
  authentication_required: "Log in and try again.",
  invalid_credentials: "Check the name and the password, or the key.",
  token_expired: "Log in again.",
  credits_exhausted: "Choose another model, or add credits with the provider.",
  model_not_found: "Choose another model.",
  model_unavailable: "Choose another model, or try again later.",
  context_length_exceeded: "Start a new chat, or shorten the message.",
  modality_mismatch: "Choose a model that takes this kind of input, or leave Auto to find one.",
  invalid_image: "Use a PNG, JPEG, WebP or GIF that opens elsewhere.",
  blocked_url: "Use an image at a public address, or upload the file instead.",
  payload_too_large: "Attach fewer or smaller images.",
  rate_limited: "Wait a moment, then send again.",
  provider_rate_limited: "Wait a moment, or choose another model.",
  provider_auth_error: "The provider refuses the key; an administrator can replace it.",
  queue_full: "Many requests are waiting. Try again in a moment.",
  session_closed: "Start a new chat to go on.",
  session_not_found: "Start a new chat.",
  runtime_crashed: "The model stopped unexpectedly. Send again to start it anew.",
  request_cancelled: "It was stopped. Send again to go on.",
};

export function problemOf(error: unknown): Problem {
  if (error instanceof TimeoutError) {
    return { title: "The gateway has not answered in time.", advice: "Try again in a moment.", code: "timeout" };
  }
  if (error instanceof ConnectionError) {
    return {
      title: "The gateway can't be reached.",
      advice: "Check that it is running and that this device is online. Nothing that you typed is lost.",
      code: "connection",
    };
  }
  if (error instanceof ApiError) {
    const wait = error.retryAfter === null ? "" : ` Possible again in ${Math.ceil(error.retryAfter)} s.`;
    return { title: error.message, advice: `${ADVICE[error.code] ?? ""}${wait}`.trim(), code: error.code };
  }
  return { title: error instanceof Error ? error.message : String(error), advice: "", code: null };
}
