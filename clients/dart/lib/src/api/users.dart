/// Users, and what belongs to them.
library;

import '../connection.dart';
import '../models.dart';
import 'base.dart';

/// What concerns users.
mixin UsersApi implements Api {
  /// Makes a user; name one by [email] or [username].
  Future<Profile> register({
    String? email,
    String? username,
    required String password,
    String? inviteToken,
    String? displayName,
  }) => connection.json(
    Call(
      'POST',
      '/v1/users/register',
      body: Registration(
        email: email,
        username: username,
        password: password,
        inviteToken: inviteToken,
        displayName: displayName,
      ).toJson(),
    ),
    Profile.fromJson,
  );

  /// Logs in by [email] or [username]. What comes back is used for all further
  /// requests, until [logout]; with [cookie] a browser keeps it in a cookie that
  /// scripts can't read.
  Future<LoggedIn> login({
    String? email,
    String? username,
    required String password,
    bool? cookie,
  }) async {
    connection.token = null;
    final found = await connection.json(
      Call(
        'POST',
        '/v1/users/login',
        body: Login(
          email: email,
          username: username,
          password: password,
          cookie: cookie,
        ).toJson(),
      ),
      LoggedIn.fromJson,
    );
    connection.token = found.token;
    return found;
  }

  /// Ends what [login] began.
  Future<void> logout() async {
    await connection.send(const Call('POST', '/v1/users/logout'));
    connection.token = null;
  }

  /// One's own profile.
  Future<Profile> me() =>
      connection.json(const Call('GET', '/v1/users/me'), Profile.fromJson);

  /// Changes one's own profile.
  Future<Profile> updateMe(ProfileChange change) => connection.json(
    Call('PATCH', '/v1/users/me', body: change.toJson()),
    Profile.fromJson,
  );

  /// Changes one's own password; one's other sessions end.
  Future<Profile> changePassword({
    required String currentPassword,
    required String newPassword,
  }) => connection.json(
    Call(
      'POST',
      '/v1/users/me/password',
      body: PasswordChange(
        currentPassword: currentPassword,
        newPassword: newPassword,
      ).toJson(),
    ),
    Profile.fromJson,
  );

  /// A page of one's own tokens.
  Future<TokenList> listUserTokens({int? limit, String? cursor}) =>
      connection.json(
        _page('/v1/users/tokens', limit, cursor),
        TokenList.fromJson,
      );

  /// The tokens of all pages.
  Stream<UserToken> allUserTokens() => paged((cursor) async {
    final page = await listUserTokens(cursor: cursor);
    return (page.tokens, page.nextCursor);
  });

  /// Makes a token; it is shown this once.
  Future<TokenCreated> createUserToken(
    String name, {
    List<TokenScope>? scopes,
    int? expiresDays,
  }) => connection.json(
    Call(
      'POST',
      '/v1/users/tokens',
      body: TokenCreate(
        name: name,
        scopes: scopes,
        expiresDays: expiresDays,
      ).toJson(),
    ),
    TokenCreated.fromJson,
  );

  /// Ends a token.
  Future<UserToken> revokeUserToken(String tokenId) => connection.json(
    Call('DELETE', '/v1/users/tokens/${segment(tokenId)}'),
    UserToken.fromJson,
  );

  /// The limits of a token.
  Future<Limits> getTokenLimits(String tokenId) => connection.json(
    Call('GET', '/v1/users/tokens/${segment(tokenId)}/limits'),
    Limits.fromJson,
  );

  /// Sets the limits of a token.
  Future<Limits> setTokenLimits(String tokenId, LimitsChange limits) =>
      connection.json(
        Call(
          'PUT',
          '/v1/users/tokens/${segment(tokenId)}/limits',
          body: limits.toJson(),
        ),
        Limits.fromJson,
      );

  /// A page of one's own credentials with providers.
  Future<ProviderKeyList> listProviderKeys({int? limit, String? cursor}) =>
      connection.json(
        _page('/v1/users/provider-keys', limit, cursor),
        ProviderKeyList.fromJson,
      );

  /// The credentials of all pages.
  Stream<ProviderKey> allProviderKeys() => paged((cursor) async {
    final page = await listProviderKeys(cursor: cursor);
    return (page.providerKeys, page.nextCursor);
  });

  /// Keeps a credential with a provider, in the place of an earlier one.
  Future<ProviderKey> addProviderKey(ProviderKeyCreate key) => connection.json(
    Call('POST', '/v1/users/provider-keys', body: key.toJson()),
    ProviderKey.fromJson,
  );

  /// Forgets the credential with a provider.
  Future<ProviderKey> removeProviderKey(String provider) => connection.json(
    Call('DELETE', '/v1/users/provider-keys/${segment(provider)}'),
    ProviderKey.fromJson,
  );

  /// Tries the credential with a provider.
  Future<ProviderKeyCheck> checkProviderKey(String provider) =>
      connection.json(
        Call('POST', '/v1/users/provider-keys/${segment(provider)}/check'),
        ProviderKeyCheck.fromJson,
      );

  /// A page of invites.
  Future<InviteList> listInvites({int? limit, String? cursor}) => connection
      .json(_page('/v1/users/invites', limit, cursor), InviteList.fromJson);

  /// The invites of all pages.
  Stream<Invite> allInvites() => paged((cursor) async {
    final page = await listInvites(cursor: cursor);
    return (page.invites, page.nextCursor);
  });

  /// Invites; the token is shown this once.
  Future<InviteCreated> createInvite({
    String? email,
    int? expiresDays,
    int? maxUses,
  }) => connection.json(
    Call(
      'POST',
      '/v1/users/invites',
      body: InviteCreate(
        email: email,
        expiresDays: expiresDays,
        maxUses: maxUses,
      ).toJson(),
    ),
    InviteCreated.fromJson,
  );

  /// Ends an invite.
  Future<Invite> revokeInvite(String inviteId) => connection.json(
    Call('DELETE', '/v1/users/invites/${segment(inviteId)}'),
    Invite.fromJson,
  );

  /// A page of users, or of those in whose names [q] occurs.
  Future<UserList> listUsers({String? q, int? limit, String? cursor}) =>
      connection.json(
        Call(
          'GET',
          '/v1/users',
          query: {'q': q, 'limit': limit, 'cursor': cursor},
        ),
        UserList.fromJson,
      );

  /// The users of all pages.
  Stream<User> allUsers() => paged((cursor) async {
    final page = await listUsers(cursor: cursor);
    return (page.users, page.nextCursor);
  });

  /// Changes a user's role, or whether it may log in.
  Future<User> updateUser(String userId, {UserRole? role, bool? disabled}) =>
      connection.json(
        Call(
          'PATCH',
          '/v1/users/${segment(userId)}',
          body: UserChange(role: role, disabled: disabled).toJson(),
        ),
        User.fromJson,
      );

  /// A user's limits, with what is used of them.
  Future<Limits> getLimits(String userId) => connection.json(
    Call('GET', '/v1/users/${segment(userId)}/limits'),
    Limits.fromJson,
  );

  /// Sets a user's limits.
  Future<Limits> setLimits(String userId, LimitsChange limits) =>
      connection.json(
        Call(
          'PUT',
          '/v1/users/${segment(userId)}/limits',
          body: limits.toJson(),
        ),
        Limits.fromJson,
      );

  /// One's own limits, with what is used of them.
  Future<MyLimits> myLimits() => connection.json(
    const Call('GET', '/v1/users/me/limits'),
    MyLimits.fromJson,
  );
}

Call _page(String path, int? limit, String? cursor) =>
    Call('GET', path, query: {'limit': limit, 'cursor': cursor});
