// Made by `python -m scripts.generate`: do not edit.
part of 'errors.dart';

/// An error of the type `server_error` (500).
base class ServerException extends PluggablyApiException {
  const ServerException(super.facts);
}

/// `internal_error` (500).
final class InternalException extends ServerException {
  const InternalException(super.facts);
}

/// An error of the type `invalid_request_error` (400, 405, 413, 415, 416, 422).
base class InvalidRequestException extends PluggablyApiException {
  const InvalidRequestException(super.facts);
}

/// `invalid_json` (400).
final class InvalidJsonException extends InvalidRequestException {
  const InvalidJsonException(super.facts);
}

/// `context_length_exceeded` (400).
final class ContextLengthExceededException extends InvalidRequestException {
  const ContextLengthExceededException(super.facts);
}

/// `content_refused` (400).
final class ContentRefusedException extends InvalidRequestException {
  const ContentRefusedException(super.facts);
}

/// `unsupported_feature` (400).
final class UnsupportedFeatureException extends InvalidRequestException {
  const UnsupportedFeatureException(super.facts);
}

/// `modality_mismatch` (400).
final class ModalityMismatchException extends InvalidRequestException {
  const ModalityMismatchException(super.facts);
}

/// `invalid_image` (400).
final class InvalidImageException extends InvalidRequestException {
  const InvalidImageException(super.facts);
}

/// `blocked_url` (400).
final class BlockedUrlException extends InvalidRequestException {
  const BlockedUrlException(super.facts);
}

/// `session_closed` (400).
final class SessionClosedException extends InvalidRequestException {
  const SessionClosedException(super.facts);
}

/// `nothing_to_regenerate` (400).
final class NothingToRegenerateException extends InvalidRequestException {
  const NothingToRegenerateException(super.facts);
}

/// `invalid_invite` (400).
final class InvalidInviteException extends InvalidRequestException {
  const InvalidInviteException(super.facts);
}

/// `wrong_password` (400).
final class WrongPasswordException extends InvalidRequestException {
  const WrongPasswordException(super.facts);
}

/// `method_not_allowed` (405).
final class MethodNotAllowedException extends InvalidRequestException {
  const MethodNotAllowedException(super.facts);
}

/// `payload_too_large` (413).
final class PayloadTooLargeException extends InvalidRequestException {
  const PayloadTooLargeException(super.facts);
}

/// `unsupported_media_type` (415).
final class UnsupportedMediaTypeException extends InvalidRequestException {
  const UnsupportedMediaTypeException(super.facts);
}

/// `range_not_satisfiable` (416).
final class RangeNotSatisfiableException extends InvalidRequestException {
  const RangeNotSatisfiableException(super.facts);
}

/// `validation_error` (422).
final class ValidationException extends InvalidRequestException {
  const ValidationException(super.facts);
}

/// An error of the type `authentication_error` (401).
base class AuthenticationException extends PluggablyApiException {
  const AuthenticationException(super.facts);
}

/// `authentication_required` (401).
final class AuthenticationRequiredException extends AuthenticationException {
  const AuthenticationRequiredException(super.facts);
}

/// `invalid_credentials` (401).
final class InvalidCredentialsException extends AuthenticationException {
  const InvalidCredentialsException(super.facts);
}

/// `token_expired` (401).
final class TokenExpiredException extends AuthenticationException {
  const TokenExpiredException(super.facts);
}

/// An error of the type `credits_error` (402).
base class CreditsException extends PluggablyApiException {
  const CreditsException(super.facts);
}

/// `credits_exhausted` (402).
final class CreditsExhaustedException extends CreditsException {
  const CreditsExhaustedException(super.facts);
}

/// An error of the type `permission_error` (403).
base class PermissionException extends PluggablyApiException {
  const PermissionException(super.facts);
}

/// `permission_denied` (403).
final class PermissionDeniedException extends PermissionException {
  const PermissionDeniedException(super.facts);
}

/// `invalid_signature` (403).
final class InvalidSignatureException extends PermissionException {
  const InvalidSignatureException(super.facts);
}

/// An error of the type `not_found_error` (404, 410), also `not_found` itself.
base class NotFoundException extends PluggablyApiException {
  const NotFoundException(super.facts);
}

/// `model_not_found` (404).
final class ModelNotFoundException extends NotFoundException {
  const ModelNotFoundException(super.facts);
}

/// `provider_not_found` (404).
final class ProviderNotFoundException extends NotFoundException {
  const ProviderNotFoundException(super.facts);
}

/// `session_not_found` (404).
final class SessionNotFoundException extends NotFoundException {
  const SessionNotFoundException(super.facts);
}

/// `request_not_found` (404).
final class RequestNotFoundException extends NotFoundException {
  const RequestNotFoundException(super.facts);
}

/// `job_not_found` (404).
final class JobNotFoundException extends NotFoundException {
  const JobNotFoundException(super.facts);
}

/// `artifact_not_found` (404).
final class ArtifactNotFoundException extends NotFoundException {
  const ArtifactNotFoundException(super.facts);
}

/// `token_not_found` (404).
final class TokenNotFoundException extends NotFoundException {
  const TokenNotFoundException(super.facts);
}

/// `artifact_expired` (410).
final class ArtifactExpiredException extends NotFoundException {
  const ArtifactExpiredException(super.facts);
}

/// An error of the type `conflict_error` (409), also `conflict` itself.
base class ConflictException extends PluggablyApiException {
  const ConflictException(super.facts);
}

/// `model_busy` (409).
final class ModelBusyException extends ConflictException {
  const ModelBusyException(super.facts);
}

/// `model_pinned` (409).
final class ModelPinnedException extends ConflictException {
  const ModelPinnedException(super.facts);
}

/// `user_exists` (409).
final class UserExistsException extends ConflictException {
  const UserExistsException(super.facts);
}

/// `request_cancelled` (409).
final class RequestCancelledException extends ConflictException {
  const RequestCancelledException(super.facts);
}

/// An error of the type `rate_limit_error` (429).
base class RateLimitException extends PluggablyApiException {
  const RateLimitException(super.facts);
}

/// `rate_limited` (429).
final class RateLimitedException extends RateLimitException {
  const RateLimitedException(super.facts);
}

/// `provider_rate_limited` (429).
final class ProviderRateLimitedException extends RateLimitException {
  const ProviderRateLimitedException(super.facts);
}

/// An error of the type `provider_error` (502, 504), also `provider_error`
/// itself.
base class ProviderException extends PluggablyApiException {
  const ProviderException(super.facts);
}

/// `provider_auth_error` (502).
final class ProviderAuthException extends ProviderException {
  const ProviderAuthException(super.facts);
}

/// `provider_timeout` (504).
final class ProviderTimeoutException extends ProviderException {
  const ProviderTimeoutException(super.facts);
}

/// An error of the type `unavailable_error` (503, 507).
base class UnavailableException extends PluggablyApiException {
  const UnavailableException(super.facts);
}

/// `model_unavailable` (503).
final class ModelUnavailableException extends UnavailableException {
  const ModelUnavailableException(super.facts);
}

/// `provider_unavailable` (503).
final class ProviderUnavailableException extends UnavailableException {
  const ProviderUnavailableException(super.facts);
}

/// `queue_full` (503).
final class QueueFullException extends UnavailableException {
  const QueueFullException(super.facts);
}

/// `runtime_crashed` (503).
final class RuntimeCrashedException extends UnavailableException {
  const RuntimeCrashedException(super.facts);
}

/// `not_ready` (503).
final class NotReadyException extends UnavailableException {
  const NotReadyException(super.facts);
}

/// `insufficient_storage` (507).
final class InsufficientStorageException extends UnavailableException {
  const InsufficientStorageException(super.facts);
}

const _byCode = <String, _Make>{
  'internal_error': InternalException.new,
  'invalid_json': InvalidJsonException.new,
  'context_length_exceeded': ContextLengthExceededException.new,
  'content_refused': ContentRefusedException.new,
  'unsupported_feature': UnsupportedFeatureException.new,
  'modality_mismatch': ModalityMismatchException.new,
  'invalid_image': InvalidImageException.new,
  'blocked_url': BlockedUrlException.new,
  'session_closed': SessionClosedException.new,
  'nothing_to_regenerate': NothingToRegenerateException.new,
  'invalid_invite': InvalidInviteException.new,
  'wrong_password': WrongPasswordException.new,
  'authentication_required': AuthenticationRequiredException.new,
  'invalid_credentials': InvalidCredentialsException.new,
  'token_expired': TokenExpiredException.new,
  'credits_exhausted': CreditsExhaustedException.new,
  'permission_denied': PermissionDeniedException.new,
  'invalid_signature': InvalidSignatureException.new,
  'not_found': NotFoundException.new,
  'model_not_found': ModelNotFoundException.new,
  'provider_not_found': ProviderNotFoundException.new,
  'session_not_found': SessionNotFoundException.new,
  'request_not_found': RequestNotFoundException.new,
  'job_not_found': JobNotFoundException.new,
  'artifact_not_found': ArtifactNotFoundException.new,
  'token_not_found': TokenNotFoundException.new,
  'artifact_expired': ArtifactExpiredException.new,
  'method_not_allowed': MethodNotAllowedException.new,
  'conflict': ConflictException.new,
  'model_busy': ModelBusyException.new,
  'model_pinned': ModelPinnedException.new,
  'user_exists': UserExistsException.new,
  'request_cancelled': RequestCancelledException.new,
  'payload_too_large': PayloadTooLargeException.new,
  'unsupported_media_type': UnsupportedMediaTypeException.new,
  'range_not_satisfiable': RangeNotSatisfiableException.new,
  'validation_error': ValidationException.new,
  'rate_limited': RateLimitedException.new,
  'provider_rate_limited': ProviderRateLimitedException.new,
  'provider_error': ProviderException.new,
  'provider_auth_error': ProviderAuthException.new,
  'model_unavailable': ModelUnavailableException.new,
  'provider_unavailable': ProviderUnavailableException.new,
  'queue_full': QueueFullException.new,
  'runtime_crashed': RuntimeCrashedException.new,
  'not_ready': NotReadyException.new,
  'provider_timeout': ProviderTimeoutException.new,
  'insufficient_storage': InsufficientStorageException.new,
};

const _byType = <String, _Make>{
  'server_error': ServerException.new,
  'invalid_request_error': InvalidRequestException.new,
  'authentication_error': AuthenticationException.new,
  'credits_error': CreditsException.new,
  'permission_error': PermissionException.new,
  'not_found_error': NotFoundException.new,
  'conflict_error': ConflictException.new,
  'rate_limit_error': RateLimitException.new,
  'provider_error': ProviderException.new,
  'unavailable_error': UnavailableException.new,
};
