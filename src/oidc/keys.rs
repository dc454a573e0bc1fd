//! The key ring: the key that signs our tokens and those whose signatures hold, read again as they change.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::claims::IdTokenClaims;
use super::signing_key::{KeptKey, SigningKey};
use super::verifier::{Expected, PublicKeys, TokenError};
use crate::error::Fault;
use crate::model::Timestamp;

/// The header `typ` of ID tokens.
pub const ID_TOKEN: &str = "JWT";
/// The header `typ` of access tokens (RFC 9068 §2.1).
pub const ACCESS_TOKEN: &str = "at+jwt";

/// A token of an unknown key makes us read the keys again, but not more often than this: anyone can make up a key.
const REREAD_INTERVAL: Duration = Duration::from_secs(1);

/// How the keys are read: the signing one first, then all whose signatures hold.
pub type ReadKeys = Box<dyn Fn() -> BoxFuture<'static, Result<Vec<KeptKey>, Fault>> + Send + Sync>;

/// The keys of this node; cheap to clone, and all clones see a change.
#[derive(Clone)]
pub struct KeyRing {
    shared: Arc<Shared>,
}

struct Shared {
    read: ReadKeys,
    subject: String,
    set: RwLock<Arc<KeySet>>,
    /// When the keys were read last. Held while reading, so that one read serves all who wait for it.
    read_at: Mutex<Instant>,
}

struct KeySet {
    signing: Arc<SigningKey>,
    /// The signing key and the others: retired ones, and the next, which is published before it signs.
    all: PublicKeys,
}

impl KeyRing {
    /// Reads the keys. `subject` is the host of the issuer, for the certificates.
    ///
    /// # Errors
    /// When the keys cannot be read or there is none.
    pub async fn open(subject: &str, read: ReadKeys) -> Result<Self, Fault> {
        let kept = read().await?;
        Self::over(&kept, subject, read)
    }

    fn over(kept: &[KeptKey], subject: &str, read: ReadKeys) -> Result<Self, Fault> {
        let set = KeySet::open(kept, subject, None)?;
        let (set, read_at) = (RwLock::new(Arc::new(set)), Mutex::new(Instant::now()));
        Ok(Self { shared: Arc::new(Shared { read, subject: subject.to_owned(), set, read_at }) })
    }

    /// A signed token; `typ` is [`ID_TOKEN`] or [`ACCESS_TOKEN`]. Takes about 0.9 ms of CPU.
    ///
    /// # Errors
    /// When the claims cannot be written or the crypto library fails.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, Fault> {
        self.set().signing.sign(typ, claims)
    }

    /// The JWK set to publish (RFC 7517 §5).
    pub fn jwks(&self) -> Value {
        let set = self.set();
        let jwks: Vec<&Value> = set.all.iter().map(|key| key.jwk()).collect();
        json!({ "keys": jwks })
    }

    /// The public half alone, for who only checks tokens.
    pub fn verifier(&self) -> Verifier {
        Verifier { ring: self.clone() }
    }

    /// Reads the keys again. What cannot be read leaves them as they are.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub async fn reread(&self) -> Result<(), Fault> {
        let mut read_at = self.shared.read_at.lock().await;
        self.replace(&mut read_at).await
    }

    /// Reads the keys again for a token of an unknown one that came at `asked_at`; whether they are newer than that.
    async fn reread_for_unknown(&self, asked_at: Instant) -> bool {
        let mut read_at = self.shared.read_at.lock().await;
        if *read_at > asked_at {
            return true;
        }
        if read_at.elapsed() < REREAD_INTERVAL {
            return false;
        }
        let read = self.replace(&mut read_at).await;
        if let Err(error) = &read {
            tracing::warn!(%error, "the signing keys could not be read for a token of an unknown one");
        }
        read.is_ok()
    }

    async fn replace(&self, read_at: &mut Instant) -> Result<(), Fault> {
        *read_at = Instant::now();
        let kept = (self.shared.read)().await?;
        let set = Arc::new(KeySet::open(&kept, &self.shared.subject, Some(&self.set()))?);
        *self.shared.set.write().unwrap_or_else(PoisonError::into_inner) = set;
        Ok(())
    }

    fn set(&self) -> Arc<KeySet> {
        self.shared.set.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl KeySet {
    /// Parses the keys that `known` does not hold.
    fn open(kept: &[KeptKey], subject: &str, known: Option<&Self>) -> Result<Self, Fault> {
        let mut keys = Vec::new();
        for kept in kept {
            keys.push(match known.and_then(|known| known.all.get(&kept.kid)) {
                Some(key) => key.clone(),
                None => Arc::new(SigningKey::open(kept, subject)?),
            });
        }
        let signing = keys.first().cloned().ok_or_else(|| Fault::new("the signing keys", "there is none"))?;
        Ok(Self { signing, all: PublicKeys::new(keys) })
    }
}

/// Checks tokens with the keys of a ring; cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    ring: KeyRing,
}

impl Verifier {
    /// As [`PublicKeys::verify`]; another node may have begun to sign with a key that this one has not read yet.
    ///
    /// # Errors
    /// [`TokenError`] says what does not hold.
    pub async fn verify<T: DeserializeOwned>(&self, token: &str, expected: &Expected<'_>) -> Result<T, TokenError> {
        let asked_at = Instant::now();
        match self.ring.set().all.verify(token, expected) {
            Err(TokenError::UnknownKey) if self.ring.reread_for_unknown(asked_at).await => {
                self.ring.set().all.verify(token, expected)
            }
            outcome => outcome,
        }
    }

    /// As [`PublicKeys::read_hint`]; one of a key that is not known is as good as none.
    pub fn read_hint(&self, token: &str, issuer: &str, now: Timestamp) -> Option<IdTokenClaims> {
        self.ring.set().all.read_hint(token, issuer, now)
    }
}

#[cfg(test)]
impl KeyRing {
    /// One new key, which stays.
    pub(crate) fn for_test() -> Self {
        let kept = SigningKey::generate(Timestamp::now()).expect("a key");
        let read = || Box::pin(std::future::ready(Ok(Vec::new()))) as BoxFuture<'static, _>;
        Self::over(&[kept], "localhost", Box::new(read)).expect("a ring")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn expected() -> Expected<'static> {
        Expected { issuer: "https://a/", audience: None, typ: ACCESS_TOKEN, leeway_seconds: 0, now: NOW }
    }

    fn claims() -> Value {
        json!({"iss": "https://a/", "sub": "u", "aud": "api", "exp": NOW.seconds() + 10})
    }

    type Shelf = Arc<std::sync::Mutex<Vec<(String, Vec<u8>)>>>;

    /// A ring over a shelf that another node changes, and how often it was read.
    async fn ring(shelf: &Shelf) -> (KeyRing, Arc<AtomicUsize>) {
        let (shelf, reads) = (shelf.clone(), Arc::new(AtomicUsize::new(0)));
        let count = reads.clone();
        let read = move || {
            count.fetch_add(1, Ordering::Relaxed);
            let kept = shelf.lock().expect("a shelf").clone().into_iter();
            let kept = kept.map(|(kid, pkcs8)| KeptKey { kid, pkcs8, made_at: NOW }).collect();
            Box::pin(async move { Ok(kept) }) as BoxFuture<'static, _>
        };
        (KeyRing::open("a", Box::new(read)).await.expect("a ring"), reads)
    }

    fn key() -> (String, Vec<u8>) {
        let kept = SigningKey::generate(NOW).expect("a key");
        (kept.kid, kept.pkcs8)
    }

    #[tokio::test]
    async fn a_node_accepts_the_key_that_another_began_to_sign_with() {
        let (old, new) = (key(), key());
        let shelf = Arc::new(std::sync::Mutex::new(vec![old.clone()]));
        let (here, reads) = ring(&shelf).await;
        let before = here.sign(ACCESS_TOKEN, &claims()).expect("signs");
        *shelf.lock().expect("a shelf") = vec![new, old];
        let (there, _) = ring(&shelf).await;
        let token = there.sign(ACCESS_TOKEN, &claims()).expect("signs");

        // The keys were read just now, so strangers cannot make us read them again.
        let verifier = here.verifier();
        assert_eq!(verifier.verify::<Value>(&token, &expected()).await, Err(TokenError::UnknownKey));
        assert_eq!(reads.load(Ordering::Relaxed), 1);
        *here.shared.read_at.lock().await -= REREAD_INTERVAL;
        assert!(verifier.verify::<Value>(&token, &expected()).await.is_ok());
        assert_eq!(reads.load(Ordering::Relaxed), 2);
        assert_eq!(here.jwks(), there.jwks(), "and tells the same certificates");
        assert!(verifier.verify::<Value>(&before, &expected()).await.is_ok());
        let signed_now = here.sign(ACCESS_TOKEN, &claims()).expect("signs");
        assert_eq!(signed_now.split('.').next(), token.split('.').next());
    }

    #[tokio::test]
    async fn keys_that_cannot_be_read_leave_the_ring_as_it_is() {
        let shelf = Arc::new(std::sync::Mutex::new(vec![key()]));
        let (ring, _) = ring(&shelf).await;
        let token = ring.sign(ACCESS_TOKEN, &claims()).expect("signs");
        for broken in [vec![], vec![("kid".to_owned(), vec![0])], vec![("kid".to_owned(), key().1)]] {
            *shelf.lock().expect("a shelf") = broken;
            assert!(ring.reread().await.is_err());
            assert!(ring.verifier().verify::<Value>(&token, &expected()).await.is_ok());
        }
    }
}
