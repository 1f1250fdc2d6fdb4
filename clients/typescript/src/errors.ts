/** Everything that the client throws, but for the reason of an `AbortSignal`, which is passed on as it is. */

/** What every error of this client is. */
export class PluggablyError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** No answer has come: the server is not there, or the connection has broken. */
export class ConnectionError extends PluggablyError {}

/** Nothing has come within a time-out. */
export class TimeoutError extends ConnectionError {}

/** A stream has broken before its end. A background request goes on: follow it with `watchRequest`. */
export class StreamInterruptedError extends ConnectionError {
  constructor(
    message: string,
    readonly requestId: string | undefined,
    /** The number of the last event that came. */
    readonly lastEventId: number | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The answer is none of a Pluggably server. */
export class UnexpectedReplyError extends PluggablyError {}

/** The inside of the error envelope. */
export interface ErrorBody {
  code: string;
  type: string;
  message: string;
  param: string | null;
  details: Record<string, unknown> | null;
  request_id: string | null;
  retry_after: number | null;
}

/** One field of a request that does not fit. */
export interface FieldError {
  field: string;
  message: string;
  type: string;
}

/** The server has said what is wrong. There is a class for each code, and one for each `type` of codes. */
export class ApiError extends PluggablyError {
  /** What went wrong, such as `model_not_found`. */
  readonly code: string;
  /** The family of the code, such as `not_found_error`. */
  readonly type: string;
  /** The HTTP status; undefined for an error that came within a stream. */
  readonly status: number | undefined;
  /** The field of the request that it is about. */
  readonly param: string | null;
  readonly details: Record<string, unknown> | null;
  readonly requestId: string | null;
  /** Seconds after which to try again. */
  readonly retryAfter: number | null;
  /** Whether the same call may get through later. */
  readonly retryable: boolean;

  constructor(body: ErrorBody, status?: number, retryable = true) {
    super(body.message);
    this.code = body.code;
    this.type = body.type;
    this.status = status;
    this.param = body.param;
    this.details = body.details;
    this.requestId = body.request_id;
    this.retryAfter = body.retry_after;
    this.retryable = retryable && (status === 429 || status === 503);
  }
}

/** Mend the request. */
export class InvalidRequestError extends ApiError {}
/** Mend the key, or log in. */
export class AuthenticationError extends ApiError {}
/** The provider's account is empty. */
export class CreditsError extends ApiError {}
/** The key is good, but not for this. */
export class PermissionError extends ApiError {}
/** There is no such thing, or not any more. */
export class NotFoundError extends ApiError {}
/** It does not go with what there is. */
export class ConflictError extends ApiError {}
/** Try later. */
export class RateLimitError extends ApiError {}
/** A provider has failed. */
export class ProviderError extends ApiError {}
/** Try later, or elsewhere. */
export class UnavailableError extends ApiError {}
/** The server has failed. */
export class ServerError extends ApiError {}
export class InvalidJSONError extends InvalidRequestError {}
export class ContextLengthExceededError extends InvalidRequestError {}
export class ContentRefusedError extends InvalidRequestError {}
export class UnsupportedFeatureError extends InvalidRequestError {}
export class ModalityMismatchError extends InvalidRequestError {}
export class InvalidImageError extends InvalidRequestError {}
export class BlockedURLError extends InvalidRequestError {}
export class NothingToRegenerateError extends InvalidRequestError {}
export class SessionClosedError extends InvalidRequestError {}
export class InvalidInviteError extends InvalidRequestError {}
export class WrongPasswordError extends InvalidRequestError {}
export class MethodNotAllowedError extends InvalidRequestError {}
export class PayloadTooLargeError extends InvalidRequestError {}
export class UnsupportedMediaTypeError extends InvalidRequestError {}
export class RangeNotSatisfiableError extends InvalidRequestError {}
/** The request's body or query does not fit; `fields` says where. */
export class ValidationError extends InvalidRequestError {
  /** Every field that does not fit, such as `input.prompt`. */
  get fields(): FieldError[] {
    const fields = this.details?.fields;
    return Array.isArray(fields) ? (fields as FieldError[]) : [];
  }
}
export class AuthenticationRequiredError extends AuthenticationError {}
export class InvalidCredentialsError extends AuthenticationError {}
export class TokenExpiredError extends AuthenticationError {}
export class CreditsExhaustedError extends CreditsError {}
export class PermissionDeniedError extends PermissionError {}
export class InvalidSignatureError extends PermissionError {}
export class ModelNotFoundError extends NotFoundError {}
export class ProviderNotFoundError extends NotFoundError {}
export class SessionNotFoundError extends NotFoundError {}
export class RequestNotFoundError extends NotFoundError {}
export class JobNotFoundError extends NotFoundError {}
export class ArtifactNotFoundError extends NotFoundError {}
export class ArtifactExpiredError extends NotFoundError {}
export class TokenNotFoundError extends NotFoundError {}
export class ModelBusyError extends ConflictError {}
export class ModelPinnedError extends ConflictError {}
export class RequestCancelledError extends ConflictError {}
export class UserExistsError extends ConflictError {}
export class RateLimitedError extends RateLimitError {}
export class ProviderRateLimitedError extends RateLimitError {}
export class ProviderAuthError extends ProviderError {}
export class ProviderTimeoutError extends ProviderError {}
export class ProviderUnavailableError extends UnavailableError {}
export class ModelUnavailableError extends UnavailableError {}
export class QueueFullError extends UnavailableError {}
export class RuntimeCrashedError extends UnavailableError {}
export class NotReadyError extends UnavailableError {}
export class InsufficientStorageError extends UnavailableError {}
export class InternalError extends ServerError {}

/** The class of each code. */
export const ERROR_CLASSES = {
  invalid_json: InvalidJSONError,
  context_length_exceeded: ContextLengthExceededError,
  content_refused: ContentRefusedError,
  unsupported_feature: UnsupportedFeatureError,
  modality_mismatch: ModalityMismatchError,
  invalid_image: InvalidImageError,
  blocked_url: BlockedURLError,
  nothing_to_regenerate: NothingToRegenerateError,
  session_closed: SessionClosedError,
  invalid_invite: InvalidInviteError,
  wrong_password: WrongPasswordError,
  method_not_allowed: MethodNotAllowedError,
  payload_too_large: PayloadTooLargeError,
  unsupported_media_type: UnsupportedMediaTypeError,
  range_not_satisfiable: RangeNotSatisfiableError,
  validation_error: ValidationError,
  authentication_required: AuthenticationRequiredError,
  invalid_credentials: InvalidCredentialsError,
  token_expired: TokenExpiredError,
  credits_exhausted: CreditsExhaustedError,
  permission_denied: PermissionDeniedError,
  invalid_signature: InvalidSignatureError,
  not_found: NotFoundError,
  model_not_found: ModelNotFoundError,
  provider_not_found: ProviderNotFoundError,
  session_not_found: SessionNotFoundError,
  request_not_found: RequestNotFoundError,
  job_not_found: JobNotFoundError,
  artifact_not_found: ArtifactNotFoundError,
  artifact_expired: ArtifactExpiredError,
  token_not_found: TokenNotFoundError,
  conflict: ConflictError,
  model_busy: ModelBusyError,
  model_pinned: ModelPinnedError,
  request_cancelled: RequestCancelledError,
  user_exists: UserExistsError,
  rate_limited: RateLimitedError,
  provider_rate_limited: ProviderRateLimitedError,
  provider_error: ProviderError,
  provider_auth_error: ProviderAuthError,
  provider_timeout: ProviderTimeoutError,
  provider_unavailable: ProviderUnavailableError,
  model_unavailable: ModelUnavailableError,
  queue_full: QueueFullError,
  runtime_crashed: RuntimeCrashedError,
  not_ready: NotReadyError,
  insufficient_storage: InsufficientStorageError,
  internal_error: InternalError,
} as const;

/** A code that this version knows. Newer servers may send others: their errors have the class of their `type`. */
export type ErrorCode = keyof typeof ERROR_CLASSES;

const TYPE_CLASSES = new Map<string, typeof ApiError>([
  ["invalid_request_error", InvalidRequestError],
  ["authentication_error", AuthenticationError],
  ["credits_error", CreditsError],
  ["permission_error", PermissionError],
  ["not_found_error", NotFoundError],
  ["conflict_error", ConflictError],
  ["rate_limit_error", RateLimitError],
  ["provider_error", ProviderError],
  ["unavailable_error", UnavailableError],
  ["server_error", ServerError],
]);

const STATUS_TYPES: Record<number, string> = {
  401: "authentication_error",
  402: "credits_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  410: "not_found_error",
  429: "rate_limit_error",
  502: "provider_error",
  503: "unavailable_error",
  504: "provider_error",
  507: "unavailable_error",
};

/** The `type` that a status stands for. */
function typeOf(status: number): string {
  return STATUS_TYPES[status] ?? (status < 500 ? "invalid_request_error" : "server_error");
}

/**
 * The error in an envelope, whichever shape it has: Pluggably's, OpenAI's or Anthropic's.
 *
 * `headers` is what they say, for envelopes that do not.
 */
export function apiError(
  envelope: unknown,
  status?: number,
  headers: { retryAfter?: number | null; requestId?: string | null; retryable?: boolean } = {},
): ApiError {
  const outer = record(envelope);
  const given = record(outer?.error);
  const code = text(given?.code) ?? "unknown";
  const type = text(given?.type) ?? typeOf(status ?? 500);
  const body: ErrorBody = {
    code,
    type,
    message: text(given?.message) ?? `The server answered ${status} without saying why.`,
    param: text(given?.param) ?? null,
    details: record(given?.details) ?? null,
    request_id: text(given?.request_id) ?? text(outer?.request_id) ?? headers.requestId ?? null,
    retry_after: typeof given?.retry_after === "number" ? given.retry_after : (headers.retryAfter ?? null),
  };
  const known = Object.hasOwn(ERROR_CLASSES, code) ? ERROR_CLASSES[code as ErrorCode] : undefined;
  const Kind = known ?? TYPE_CLASSES.get(type) ?? TYPE_CLASSES.get(typeOf(status ?? 500)) ?? ApiError;
  return new Kind(body, status, headers.retryable);
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
