//! The roof's part in signing keys: the ring of this node, and the Management API's way to rotate them.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::config::{Config, Tokens};
use crate::error::{Context, Fault};
use crate::management::signing_keys::{KeyFacts, NamedKey, SigningKeys};
use crate::model::{LONGEST_TOKEN_SECONDS, Timestamp};
use crate::oidc::keys::KeyRing;
use crate::oidc::signing_key::{KeptKey, SigningKey};
use crate::store::{Event, Logins, NewKey, Revocation, StoredKey};

/// The signing keys; a first start makes two, one to sign and the next. Nodes that start at once agree on them.
pub(super) async fn open_keys(settings: &Arc<Config>, logins: &Logins) -> Result<KeyRing, Fault> {
    let context = "preparing the signing keys";
    let keys = logins.signing_keys().await.context(context)?;
    if !keys.iter().any(StoredKey::is_current) || !keys.iter().any(StoredKey::is_next) {
        let now = Timestamp::now();
        let spares = [stored(new_key(now).await?), stored(new_key(now).await?)];
        logins.prepare_signing_keys(spares, now).await.context(context)?;
    }
    let (tokens, logins) = (settings.tokens.clone(), logins.clone());
    let read = move || {
        let (tokens, logins) = (tokens.clone(), logins.clone());
        let reading = async move {
            let stored = logins.signing_keys().await.context("reading the signing keys")?;
            Ok(believed(stored, &tokens, Timestamp::now()))
        };
        Box::pin(reading) as BoxFuture<'static, _>
    };
    KeyRing::open(subject(settings), Box::new(read)).await
}

/// Reads the keys again and again: another node may have rotated or revoked them.
pub(super) async fn follow_keys(keys: KeyRing, settings: Arc<Config>) {
    let every = std::time::Duration::from_secs(settings.tokens.keys_fresh_seconds.into());
    loop {
        tokio::time::sleep(every).await;
        if let Err(error) = keys.reread().await {
            tracing::warn!(%error, "the signing keys could not be read again");
        }
    }
}

/// The keys whose signatures hold, the one that signs first: the newest that every verifier has had time to learn
/// of. A key is published long before it is current, so this matters only when it is rotated twice in a row.
fn believed(stored: Vec<StoredKey>, tokens: &Tokens, now: Timestamp) -> Vec<KeptKey> {
    let settling = i64::from(tokens.jwks_seconds) + i64::from(tokens.keys_fresh_seconds);
    let longest = LONGEST_TOKEN_SECONDS.max(tokens.id_token_seconds).max(tokens.access_token_seconds);
    let holds = |key: &StoredKey| {
        let until = key.current_until.map(|until| until.plus_seconds(settling + longest));
        key.revoked_at.is_none() && until.is_none_or(|until| until > now)
    };
    let mut keys: Vec<StoredKey> = stored.into_iter().filter(holds).collect();
    let was_current = |key: &StoredKey| key.current_since.is_some();
    let is_settled = |key: &StoredKey| was_current(key) && key.created_at.plus_seconds(settling) <= now;
    let signing = keys.iter().position(is_settled).or_else(|| keys.iter().rposition(was_current));
    // The newest come first, so without a settled one the key published longest signs.
    if let Some(at) = signing {
        keys[..=at].rotate_right(1);
    }
    keys.into_iter().map(kept).collect()
}

fn kept(stored: StoredKey) -> KeptKey {
    KeptKey { kid: stored.kid, pkcs8: stored.pkcs8, made_at: stored.created_at }
}

fn stored(new: KeptKey) -> NewKey {
    NewKey { kid: new.kid, pkcs8: new.pkcs8 }
}

async fn new_key(now: Timestamp) -> Result<KeptKey, Fault> {
    tokio::task::spawn_blocking(move || SigningKey::generate(now)).await.context("making a signing key")?
}

fn subject(settings: &Config) -> &str {
    settings.server.public_url.host_str().unwrap_or("localhost")
}

/// The signing keys as the Management API sees them.
pub(super) struct Rotation {
    pub(super) settings: Arc<Config>,
    pub(super) logins: Logins,
    pub(super) keys: KeyRing,
}

impl SigningKeys for Rotation {
    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyFacts>, Fault>> {
        Box::pin(async {
            let stored = self.logins.signing_keys().await.context("reading the signing keys")?;
            stored.into_iter().map(|key| facts(key, subject(&self.settings))).collect()
        })
    }

    fn rotate(&self, event: Event) -> BoxFuture<'_, Result<NamedKey, Fault>> {
        Box::pin(async move {
            let now = Timestamp::now();
            let new = new_key(now).await?;
            let key = SigningKey::open(&new, subject(&self.settings))?;
            self.logins.rotate_signing_keys(stored(new), event, now).await.context("rotating the signing keys")?;
            self.apply().await;
            Ok(NamedKey { kid: key.kid().to_owned(), cert: key.certificate().pem() })
        })
    }

    fn revoke(&self, kid: String, event: Event) -> BoxFuture<'_, Result<Revocation, Fault>> {
        Box::pin(async move {
            let now = Timestamp::now();
            let revoked = self.logins.revoke_signing_key(&kid, event, now).await.context("revoking a signing key")?;
            self.apply().await;
            Ok(revoked)
        })
    }
}

impl Rotation {
    /// What is written is done, also when this node cannot read it back at once: it will, as the others do.
    async fn apply(&self) {
        if let Err(error) = self.keys.reread().await {
            tracing::warn!(%error, "the signing keys could not be read after their change");
        }
    }
}

fn facts(stored: StoredKey, subject: &str) -> Result<KeyFacts, Fault> {
    let is = |yes: bool| yes.then_some(true);
    let (current, next, previous) = (is(stored.is_current()), is(stored.is_next()), is(stored.is_previous()));
    let (current_since, current_until) = (stored.current_since, stored.current_until);
    let revoked_at = stored.revoked_at;
    let key = SigningKey::open(&kept(stored), subject)?;
    let certificate = key.certificate();
    Ok(KeyFacts {
        kid: key.kid().to_owned(),
        cert: certificate.pem(),
        fingerprint: certificate.fingerprint(),
        thumbprint: certificate.thumbprint(),
        current,
        next,
        previous,
        current_since,
        current_until,
        revoked: is(revoked_at.is_some()),
        revoked_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    /// A key made `made` seconds ago, current since and until so many seconds ago.
    fn key(kid: &str, made: i64, since: Option<i64>, until: Option<i64>) -> StoredKey {
        let ago = |seconds: i64| NOW.plus_seconds(-seconds);
        StoredKey {
            kid: kid.to_owned(),
            pkcs8: Vec::new(),
            created_at: ago(made),
            current_since: since.map(ago),
            current_until: until.map(ago),
            revoked_at: None,
        }
    }

    fn kids(keys: Vec<StoredKey>) -> Vec<String> {
        let tokens = Tokens {
            id_token_seconds: 1,
            access_token_seconds: 1,
            clock_leeway_seconds: 0,
            jwks_seconds: 300,
            keys_fresh_seconds: 60,
        };
        believed(keys, &tokens, NOW).into_iter().map(|key| key.kid).collect()
    }

    #[test]
    fn the_newest_key_that_every_verifier_knows_signs() {
        let hour = 3600;
        let first = kids(vec![key("next", 1, None, None), key("current", 1, Some(1), None)]);
        assert_eq!(first, ["current", "next"], "there is no other");
        let usual =
            [key("next", 10, None, None), key("new", hour, Some(10), None), key("old", hour, Some(hour), Some(10))];
        assert_eq!(kids(usual.into()), ["new", "next", "old"]);
        let twice = || {
            vec![
                key("next", 5, None, None),
                key("newest", 10, Some(5), None),
                key("new", hour, Some(10), Some(5)),
                key("old", hour, Some(hour), Some(10)),
            ]
        };
        assert_eq!(kids(twice()), ["new", "next", "newest", "old"], "the newest is not published long enough");
        let mut revoked = twice();
        (revoked[2].revoked_at, revoked[3].revoked_at) = (Some(NOW), Some(NOW));
        assert_eq!(kids(revoked), ["newest", "next"]);
    }

    #[test]
    fn a_replaced_key_holds_until_its_last_token_has_run_out() {
        let last = LONGEST_TOKEN_SECONDS + 360;
        let keys = |until: i64| {
            kids(vec![
                key("next", 400, None, None),
                key("new", last, Some(until), None),
                key("old", last, Some(last), Some(until)),
            ])
        };
        assert_eq!(keys(last - 1), ["new", "next", "old"]);
        assert_eq!(keys(last), ["new", "next"]);
    }
}
