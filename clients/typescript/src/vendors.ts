/**
 * The endpoints that have the shape of other vendors, as they are: what goes in and comes out is the vendor's.
 * Their own clients work as well, with the gateway's address; for streams use those.
 */

import type { Transport } from "./transport.js";
import type { Body, CallOptions, PathOf, Reply } from "./types.js";

type Post<P extends PathOf<"post">> = [body: Omit<Body<"post", P>, "stream">, options?: CallOptions];

async function post<P extends PathOf<"post">>(http: Transport, path: P, ...[body, options]: Post<P>) {
  return http.call("post", path, { body: body as Body<"post", P>, kind: "generate", ...options });
}

/** OpenAI's endpoints. */
export class OpenAI {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  chatCompletions(...sent: Post<"/v1/chat/completions">): Promise<Reply<"post", "/v1/chat/completions">> {
    return post(this.#http, "/v1/chat/completions", ...sent);
  }

  completions(...sent: Post<"/v1/completions">): Promise<Reply<"post", "/v1/completions">> {
    return post(this.#http, "/v1/completions", ...sent);
  }

  embeddings(...sent: Post<"/v1/embeddings">): Promise<Reply<"post", "/v1/embeddings">> {
    return post(this.#http, "/v1/embeddings", ...sent);
  }

  images(...sent: Post<"/v1/images/generations">): Promise<Reply<"post", "/v1/images/generations">> {
    return post(this.#http, "/v1/images/generations", ...sent);
  }

  /** `form` has the fields of OpenAI's API, the images as files. */
  editImages(form: FormData, options: CallOptions = {}): Promise<Reply<"post", "/v1/images/edits">> {
    return this.#http.call("post", "/v1/images/edits", { form, kind: "generate", ...options });
  }

  varyImages(form: FormData, options: CallOptions = {}): Promise<Reply<"post", "/v1/images/variations">> {
    return this.#http.call("post", "/v1/images/variations", { form, kind: "generate", ...options });
  }

  responses(...sent: Post<"/v1/responses">): Promise<Reply<"post", "/v1/responses">> {
    return post(this.#http, "/v1/responses", ...sent);
  }
}

/** Anthropic's endpoints. */
export class Anthropic {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  messages(...sent: Post<"/v1/messages">): Promise<Reply<"post", "/v1/messages">> {
    return post(this.#http, "/v1/messages", ...sent);
  }

  countTokens(...sent: Post<"/v1/messages/count_tokens">): Promise<Reply<"post", "/v1/messages/count_tokens">> {
    return post(this.#http, "/v1/messages/count_tokens", ...sent);
  }
}
