//! The forms of password hashes: our own Argon2id, and those that accounts bring along from elsewhere.

use std::num::NonZeroU32;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::pbkdf2;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error::{Context, Fault};

/// OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// What our own hashes begin with; others are replaced at the next right login.
const OURS: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// What an imported hash may cost at most, each about a second: whoever may create users may not stop the server.
const MOST_MEMORY_KIB: u32 = 64 * 1024;
const MOST_PASSES: u32 = 10;
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=14;
const MOST_ITERATIONS: u32 = 2_000_000;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The password as an Argon2id PHC string with a fresh salt.
pub(super) fn hash(password: &str) -> Result<String, Fault> {
    let hash: PasswordHash = argon2().hash_password(password.as_bytes()).map_err(|error| fault(&error))?;
    Ok(hash.to_string())
}

/// Whether the password is the one of this hash.
pub(super) fn verify(hash: &str, password: &str) -> Result<bool, Fault> {
    if hash.starts_with("$2") {
        // The form was checked when the hash came. bcrypt takes 72 bytes of a password and so do we.
        return bcrypt::verify(password, hash).context("a stored bcrypt hash");
    }
    if hash.starts_with("$pbkdf2") {
        let stored = Pbkdf2::read(hash).ok_or_else(|| Fault::new("a stored password hash", "no PBKDF2"))?;
        return Ok(stored.is_of(password));
    }
    let parsed = PasswordHash::new(hash).map_err(|error| Fault::new("a stored password hash", error.to_string()))?;
    match argon2().verify_password(password.as_bytes(), &parsed) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(fault(&error)),
    }
}

/// Whether a right password should be hashed anew.
pub(super) fn is_outdated(hash: &str) -> bool {
    !hash.starts_with(OURS)
}

/// Whether a hash from elsewhere can be taken: bcrypt, PBKDF2 or Argon2id, none of them too costly.
pub(super) fn is_importable(hash: &str) -> bool {
    match hash {
        _ if hash.len() > 512 => false,
        _ if hash.starts_with("$2") => {
            let is_known = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix));
            is_known && hash.parse::<bcrypt::HashParts>().is_ok_and(|parts| BCRYPT_COSTS.contains(&parts.get_cost()))
        }
        _ if hash.starts_with("$pbkdf2") => Pbkdf2::read(hash).is_some(),
        _ if hash.starts_with("$argon2id$") => is_cheap_argon2(hash),
        _ => false,
    }
}

fn is_cheap_argon2(hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    let is_whole = parsed.salt.is_some() && parsed.hash.is_some();
    let is_version = parsed.version.is_none_or(|version| version == 0x13 || version == 0x10);
    let fits =
        |params: Params| params.m_cost() <= MOST_MEMORY_KIB && params.t_cost() <= MOST_PASSES && params.p_cost() <= 4;
    is_whole && is_version && Params::try_from(&parsed).is_ok_and(fits)
}

/// `$pbkdf2-sha256$i=ITERATIONS,l=LENGTH$salt$hash` (the PHC string format), or `sha512`.
struct Pbkdf2 {
    algorithm: pbkdf2::Algorithm,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    derived: Vec<u8>,
}

impl Pbkdf2 {
    fn read(hash: &str) -> Option<Self> {
        let mut parts = hash.split('$');
        let (Some(""), Some(name), Some(settings), Some(salt), Some(derived), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let algorithm = match name {
            "pbkdf2-sha256" => pbkdf2::PBKDF2_HMAC_SHA256,
            "pbkdf2-sha512" => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return None,
        };
        let (iterations, length) = settings.strip_prefix("i=")?.split_once(",l=")?;
        let iterations = NonZeroU32::new(iterations.parse().ok()?).filter(|it| it.get() <= MOST_ITERATIONS)?;
        let (salt, derived) = (BASE64.decode(salt).ok()?, BASE64.decode(derived).ok()?);
        let fits = (4..=64).contains(&salt.len()) && (16..=64).contains(&derived.len());
        (fits && length.parse() == Ok(derived.len())).then_some(Self { algorithm, iterations, salt, derived })
    }

    fn is_of(&self, password: &str) -> bool {
        pbkdf2::verify(self.algorithm, self.iterations, &self.salt, password.as_bytes(), &self.derived).is_ok()
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn fault(error: &Error) -> Fault {
    Fault::new("Argon2", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by Python's hashlib.
    const PBKDF2_SHA256: &str =
        "$pbkdf2-sha256$i=1000,l=32$dmVzdGlidWxlLXNhbHQtMQ$9BLO2jnv79qbO6/pOc1ZJFFP7DnInid+PWT3N+hJcX4";
    const PBKDF2_SHA512: &str = "$pbkdf2-sha512$i=1000,l=64$dmVzdGlidWxlLXNhbHQtMQ$Ni5FxriwXUi4lsj/lNARtjj/EduvG0cRf+HsQAp4bm+ASVCiTdFtB1hC0e5QziMhWMjqR8ncKLRyIsiWvwpTNg";
    /// From the test vectors of the OpenBSD implementation.
    const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

    #[test]
    fn hashes_from_elsewhere_are_verified() {
        for (hash, password) in [(PBKDF2_SHA256, "correct horse"), (PBKDF2_SHA512, "correct horse"), (BCRYPT, "U*U")] {
            assert!(is_importable(hash) && is_outdated(hash), "{hash}");
            assert!(verify(hash, password).expect("verifies"), "{hash}");
            assert!(!verify(hash, "wrong").expect("verifies"), "{hash}");
        }
    }

    #[test]
    fn our_own_hash_is_up_to_date_and_another_argon2_is_not() {
        let ours = hash("correct horse").expect("hashes");
        assert!(ours.starts_with(OURS), "{ours}");
        assert!(!is_outdated(&ours) && is_importable(&ours) && is_outdated(&ours.replace("t=2", "t=3")));
    }

    #[test]
    fn what_costs_too_much_or_is_no_hash_is_not_taken() {
        let ours = hash("correct horse").expect("hashes");
        let wrong = [
            "correct horse".to_owned(),
            String::new(),
            "$2a$05$short".to_owned(),
            BCRYPT.replace("$05$", "$15$"),
            BCRYPT.replace("$2a$", "$2x$"),
            PBKDF2_SHA256.replace("i=1000", "i=2000001"),
            PBKDF2_SHA256.replace("l=32", "l=64"),
            PBKDF2_SHA256.replace("sha256", "md5"),
            ours.replace("m=19456", "m=1048576"),
            ours.replace("argon2id", "argon2i"),
            ours.rsplit_once('$').expect("parts").0.to_owned(),
        ];
        for hash in wrong {
            assert!(!is_importable(&hash), "{hash}");
        }
    }
}
