//! The other side of a login: what it cannot do without, and nothing else.
//!
//! Counted by reading the code, for a person who has been there before and a browser without a session:
//!
//! - two RS256 signatures (`provider::token`: the ID token and the access token);
//! - the check of the identity provider's signature (`oidc::id_token`), and of the gateway's own token at the
//!   Management API twice (`POST /logins` at the callback and at the exchange of the code);
//! - four seals (trip, session, code, spent code) and two openings (trip, code), AES-256-GCM;
//! - six commits: the trip made and taken, the login recorded, the session and the code made, the code taken.

use std::process::ExitCode;

use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm,
};
use sqlx::{AnyConnection, Connection, Executor};

use crate::Outcome;
use crate::identity_provider::{Algorithm, Key};

const SIGNATURES: usize = 2;
const OWN_CHECKS: usize = 2;
/// What is written, each under its own commit, with about the size of its sealed body; whether it is taken again,
/// by a further commit.
const RECORDS: [(&str, usize, bool); 4] =
    [("trip", 900, true), ("login", 300, false), ("session", 450, false), ("code", 700, true)];
/// As the server's own.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON";
const TABLE: &str = "CREATE TABLE records (kind TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL, \
    body TEXT NOT NULL, expires_at BIGINT NOT NULL, PRIMARY KEY (kind, key)); \
    CREATE INDEX records_by_owner ON records (owner, kind); CREATE INDEX records_by_expiry ON records (expires_at)";

/// The hidden sub-command: for each number that is read, does as many logins' worth.
pub(crate) fn serve(words: &[String]) -> Outcome<ExitCode> {
    let [algorithm, file] = words else { return Err("primitives needs an algorithm and a file".into()) };
    let algorithm = Algorithm::parse(algorithm).ok_or("an algorithm nobody signs with")?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut primitives = Primitives::new(algorithm, file).await?;
        for line in std::io::stdin().lines() {
            for _ in 0..line?.trim().parse()? {
                primitives.login().await?;
            }
            println!("done");
        }
        Ok(ExitCode::SUCCESS)
    })
}

struct Primitives {
    own: Signer,
    upstream: Signer,
    upstream_signature: Vec<u8>,
    seal: RandomizedNonceKey,
    rows: AnyConnection,
    done: u64,
}

/// About the size of a token's header and claims.
const MESSAGE: [u8; 700] = [b'm'; 700];

struct Signer {
    key: Key,
    public: ParsedPublicKey,
}

impl Signer {
    fn new(algorithm: Algorithm) -> Outcome<Self> {
        let key = Key::generate(algorithm)?;
        let (how, bytes): (&'static dyn VerificationAlgorithm, Vec<u8>) = match &key {
            Key::Rsa(pair) => (&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref().to_vec()),
            Key::Ec(pair) => (&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref().to_vec()),
        };
        Ok(Self { key, public: ParsedPublicKey::new(how, bytes)? })
    }
}

impl Primitives {
    async fn new(algorithm: Algorithm, file: &str) -> Outcome<Self> {
        sqlx::any::install_default_drivers();
        let mut rows = AnyConnection::connect(&format!("sqlite:{file}?mode=rwc")).await?;
        rows.execute(PRAGMAS).await?;
        rows.execute(TABLE).await?;
        let upstream = Signer::new(algorithm)?;
        let upstream_signature = upstream.key.sign(&MESSAGE)?;
        let seal = RandomizedNonceKey::new(&AES_256_GCM, &[7; 32])?;
        Ok(Self { own: Signer::new(Algorithm::Rs256)?, upstream, upstream_signature, seal, rows, done: 0 })
    }

    async fn login(&mut self) -> Outcome<()> {
        self.done += 1;
        let mut signature = Vec::new();
        for _ in 0..SIGNATURES {
            signature = self.own.key.sign(&MESSAGE)?;
        }
        self.upstream.public.verify_sig(&MESSAGE, &self.upstream_signature)?;
        for _ in 0..OWN_CHECKS {
            self.own.public.verify_sig(&MESSAGE, &signature)?;
        }
        for (kind, size, is_taken) in RECORDS {
            self.record(kind, size, is_taken).await?;
        }
        Ok(())
    }

    async fn record(&mut self, kind: &'static str, size: usize, is_taken: bool) -> Outcome<()> {
        let key = format!("{:043}", self.done);
        // The login itself is not sealed; the code's spent mark is, in the commit that takes the code.
        if kind != "login" {
            self.seal_and_open(size, is_taken)?;
        }
        if kind == "code" {
            self.seal_and_open(80, false)?;
        }
        let insert = "INSERT INTO records (kind, key, owner, body, expires_at) VALUES ($1, $2, $3, $4, $5)";
        let body = "b".repeat(size * 4 / 3);
        let insert = sqlx::query(insert).bind(kind).bind(key.clone()).bind(key.clone()).bind(body);
        insert.bind(i64::try_from(self.done)?).execute(&mut self.rows).await?;
        if is_taken {
            let delete = sqlx::query("DELETE FROM records WHERE kind = $1 AND key = $2 RETURNING body");
            delete.bind(kind).bind(key).fetch_optional(&mut self.rows).await?;
        }
        Ok(())
    }

    fn seal_and_open(&self, size: usize, opens: bool) -> Outcome<()> {
        let mut buffer = vec![b'p'; size];
        let nonce = self.seal.seal_in_place_append_tag(Aad::from("records"), &mut buffer)?;
        if opens {
            self.seal.open_in_place(nonce, Aad::from("records"), &mut buffer)?;
        }
        Ok(())
    }
}
