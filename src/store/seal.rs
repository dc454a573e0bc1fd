//! The root key: seals signing keys, secrets and login records at rest (design §5.12).

use std::fs;
use std::io::Write;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Context, Fault};
use crate::model::random_bytes;

/// AES-256-GCM under the root key; the one before the last rotation still opens.
pub struct Seal {
    /// The first one seals.
    keys: Vec<(String, RandomizedNonceKey)>,
}

impl Seal {
    /// From 32 bytes in base64 each; an empty `previous` is none.
    ///
    /// # Errors
    /// When a key is not 32 bytes in base64.
    pub fn new(current: &SecretString, previous: &SecretString) -> Result<Self, Fault> {
        let mut keys = vec![parse_key(current).context("storage.root_key")?];
        if !previous.expose_secret().is_empty() {
            keys.push(parse_key(previous).context("storage.previous_root_key")?);
        }
        Ok(Self { keys })
    }

    /// Whether a root key from before a rotation is configured.
    pub(super) fn has_previous_key(&self) -> bool {
        self.keys.len() > 1
    }

    /// Whether the current root key sealed this.
    pub(super) fn is_current(&self, sealed: &str) -> bool {
        sealed.split_once('.').is_some_and(|(id, _)| id == self.keys[0].0)
    }

    /// Seals `plain` for one place, such as `clients.secret:CLIENT_ID`; it opens nowhere else.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<String, Fault> {
        let (id, key) = &self.keys[0];
        let mut buffer = plain.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(place), &mut buffer)
            .map_err(|error| Fault::new("sealing a secret", error.to_string()))?;
        let mut bytes = nonce.as_ref().to_vec();
        bytes.extend_from_slice(&buffer);
        Ok(format!("{id}.{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Opens what [`Seal::seal`] made for the same place.
    ///
    /// # Errors
    /// When the text was sealed for another place, with an unknown key, or was changed.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, Fault> {
        let broken = |why: &str| Fault::new(format!("opening the sealed {place}"), why.to_owned());
        let (id, text) = sealed.split_once('.').ok_or_else(|| broken("it has no key id"))?;
        let (_, key) = self
            .keys
            .iter()
            .find(|(known, _)| known == id)
            .ok_or_else(|| broken("it was sealed with a root key that is not configured"))?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| broken("it is not base64"))?;
        let (nonce, rest) = bytes.split_at_checked(12).ok_or_else(|| broken("it is too short"))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken("it has no nonce"))?;
        let mut buffer = rest.to_vec();
        let plain = key
            .open_in_place(nonce, Aad::from(place), &mut buffer)
            .map_err(|_| broken("it was changed or belongs elsewhere"))?;
        Ok(plain.to_vec())
    }
}

fn parse_key(text: &SecretString) -> Result<(String, RandomizedNonceKey), String> {
    let bytes = STANDARD.decode(text.expose_secret()).map_err(|_| "must be 32 bytes in base64".to_owned())?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| "must be 32 bytes in base64".to_owned())?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    Ok((URL_SAFE_NO_PAD.encode(&digest.as_ref()[..6]), key))
}

/// Reads the root key from `path`, or makes it there, readable by its owner only.
///
/// # Errors
/// When the file can be neither read nor made.
pub(super) fn read_or_create_root_key(path: &Path, may_create: bool) -> Result<SecretString, Fault> {
    let context = format!("the root key {}", path.display());
    match fs::read_to_string(path) {
        Ok(text) => return Ok(text.trim().to_owned().into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && may_create => {}
        Err(error) => return Err(Fault::new(context, error)),
    }
    let text = STANDARD.encode(random_bytes::<32>());
    match create_private(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).context(&context)?;
            Ok(text.into())
        }
        // Another process was first; its key counts.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok(fs::read_to_string(path).context(&context)?.trim().to_owned().into())
        }
        Err(error) => Err(Fault::new(context, error)),
    }
}

/// Makes a file that only its owner can read.
///
/// # Errors
/// `AlreadyExists` when it is there.
pub(super) fn create_private(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SecretString {
        STANDARD.encode([byte; 32]).into()
    }

    #[test]
    fn a_secret_opens_only_in_its_own_place() {
        let seal = Seal::new(&key(1), &"".into()).expect("a key");
        let sealed = seal.seal("clients:a", b"secret").expect("seals");
        assert_eq!(seal.open("clients:a", &sealed).expect("opens"), b"secret");
        assert!(seal.open("clients:b", &sealed).is_err());
        assert!(seal.open("clients:a", &sealed[..sealed.len() - 2]).is_err());
        assert!(!sealed.contains("secret"));
    }

    #[test]
    fn the_previous_root_key_still_opens_after_a_rotation() {
        let before = Seal::new(&key(1), &"".into()).expect("a key").seal("p", b"x").expect("seals");
        let after = Seal::new(&key(2), &key(1)).expect("two keys");
        assert_eq!(after.open("p", &before).expect("opens"), b"x");
        assert!(Seal::new(&key(2), &"".into()).expect("a key").open("p", &before).is_err());
    }
}
