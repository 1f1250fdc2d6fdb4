/** What went wrong, and what to do about it, in words for whoever sits before the page. */

import { ApiError, ConnectionError, TimeoutError, UnexpectedReplyError, ValidationError } from "@pluggably/client";
import { duration } from "./format";

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
  invalid_invite: "Ask whoever runs the gateway for a new invite.",
  user_exists: "Log in instead, or choose another name.",
  wrong_password: "Check the password that you use now.",
  permission_denied: "Ask an administrator for the right to do this.",
  internal_error: "Try again. If it happens again, tell whoever runs the gateway.",
  not_ready: "The gateway is starting. Try again in a moment.",
  provider_unavailable: "Try again in a moment, or choose another model.",
  provider_timeout: "Try again in a moment, or choose another model.",
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
  if (error instanceof UnexpectedReplyError || isProxys(error)) {
    const status = error instanceof ApiError ? ` (${error.status})` : "";
    return {
      title: `Something else than the gateway has answered${status}.`,
      advice: "It may be starting anew behind its proxy. Try again in a moment. Nothing that you typed is lost.",
      code: "unexpected_reply",
    };
  }
  if (error instanceof ValidationError && error.fields.length > 0) {
    const advice = error.fields.map(({ field, message }) => `${field}: ${message}`).join(" · ");
    return { title: "Something that was filled in does not fit.", advice, code: error.code };
  }
  if (error instanceof ApiError) {
    const wait = error.retryAfter === null ? "" : ` Possible again in ${duration(error.retryAfter)}.`;
    return { title: error.message, advice: `${ADVICE[error.code] ?? ""}${wait}`.trim(), code: error.code };
  }
  return { title: error instanceof Error ? error.message : String(error), advice: "", code: null };
}

/** Whether a failure is a proxy's own: it carries no code of the gateway's. */
function isProxys(error: unknown): boolean {
  return error instanceof ApiError && error.code === "unknown" && (error.status ?? 0) >= 500;
}
