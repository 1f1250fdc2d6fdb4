/** What the audit log tells of, in words. A deed that is not here shows its own name. */
export const ACTIONS: Readonly<Record<string, string>> = {
  "user.created": "made an account",
  "user.changed": "changed an account",
  "user.linked": "linked an account",
  "user.logged_in": "logged in",
  "user.logged_out": "logged out",
  "user.password_changed": "changed a password",
  "invite.created": "made an invite",
  "invite.revoked": "revoked an invite",
  "token.created": "made a token",
  "token.revoked": "revoked a token",
  "provider_key.stored": "stored a provider key",
  "provider_key.removed": "removed a provider key",
  "provider_keys.rotated": "rotated provider keys",
  "limits.changed": "changed limits",
  "model.registered": "registered a model",
  "model.changed": "changed a model",
  "model.made_default": "made a model the default",
  "model.removed": "removed a model",
  "model.downloaded": "downloaded a model",
};

export function described(action: string): string {
  return ACTIONS[action] ?? action;
}
