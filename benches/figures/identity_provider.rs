//! A stand-in for an identity provider: it lets everybody in, and signs as told.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::Outcome;

/// What ID tokens are signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Es256,
}

impl Algorithm {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Es256].into_iter().find(|it| it.name() == name)
    }
}

/// A key of either kind, kept parsed.
pub(crate) enum Key {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

impl Key {
    pub(crate) fn generate(algorithm: Algorithm) -> Outcome<Self> {
        Ok(match algorithm {
            Algorithm::Rs256 => Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048)?)),
            Algorithm::Es256 => Self::Ec(Box::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?)),
        })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Outcome<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
            Self::Ec(pair) => Ok(pair.sign(&random, message)?.as_ref().to_vec()),
        }
    }

    /// RFC 7517; the kid is always the same.
    fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(pair) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({
                    "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "key", "n": text(&public.n), "e": text(&public.e),
                })
            }
            Self::Ec(pair) => {
                // The uncompressed point: 04, x, y.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({
                    "kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "kid": "key", "x": text(x), "y": text(y),
                })
            }
        }
    }
}

/// The client that the gateway is there.
pub(crate) const CLIENT_ID: &str = "gateway";

/// A running identity provider, in a thread of its own beside the load.
pub(crate) struct IdentityProvider {
    pub(crate) issuer: String,
}

struct Room {
    issuer: String,
    algorithm: Algorithm,
    key: Key,
}

impl IdentityProvider {
    pub(crate) fn start(algorithm: Algorithm) -> Outcome<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address: SocketAddr = listener.local_addr()?;
        let issuer = format!("http://{address}");
        let room = Arc::new(Room { issuer: issuer.clone(), algorithm, key: Key::generate(algorithm)? });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || runtime.block_on(serve(listener, room)));
        Ok(Self { issuer })
    }

    /// The code of a person who came with this `nonce`.
    pub(crate) fn code(person: u32, nonce: &str) -> String {
        format!("{person}.{nonce}")
    }
}

async fn serve(listener: std::net::TcpListener, room: Arc<Room>) -> Outcome<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let room = room.clone();
        let service = service_fn(move |request| answer(room.clone(), request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(room: Arc<Room>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let json = match path.as_str() {
        "/.well-known/openid-configuration" => room.metadata(),
        "/jwks" => json!({ "keys": [room.key.jwk()] }),
        "/token" => room.token(&body).unwrap_or_else(|error| json!({ "error": error.to_string() })),
        _ => Value::Null,
    };
    let mut response = Response::new(Full::new(Bytes::from(json.to_string())));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    Ok(response)
}

impl Room {
    fn metadata(&self) -> Value {
        let issuer = &self.issuer;
        json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm.name()],
            "code_challenge_methods_supported": ["S256"],
        })
    }

    /// The code says who came and with which nonce.
    fn token(&self, form: &[u8]) -> Outcome<Value> {
        let code = url::form_urlencoded::parse(form).find(|(name, _)| name == "code").ok_or("no code")?.1;
        let (person, nonce) = code.split_once('.').ok_or("no code of ours")?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let claims = json!({
            "iss": self.issuer, "sub": person, "aud": CLIENT_ID, "nonce": nonce, "iat": now, "exp": now + 300,
            "email": format!("{person}@acme.example"), "email_verified": true, "name": "Ada Byron",
            "given_name": "Ada", "family_name": "Byron", "picture": "https://cdn.example/ada.png",
        });
        let token = jwt(self.algorithm, &self.key, &claims)?;
        Ok(json!({ "access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token }))
    }
}

/// A signed token.
pub(crate) fn jwt(algorithm: Algorithm, key: &Key, claims: &Value) -> Outcome<String> {
    let header = json!({ "alg": algorithm.name(), "typ": "JWT", "kid": "key" }).to_string();
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = key.sign(message.as_bytes())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
