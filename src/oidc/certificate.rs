//! The certificate of a signing key: self-signed, for clients that want the key in that form (RFC 7517 §4.7).

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, DistinguishedName, DnType, SerialNumber, SigningKey};
use time::{Duration, OffsetDateTime};

use crate::error::{Context, Fault};
use crate::model::Timestamp;

/// Trust comes from the JWKS, not from a date; this only says how long the longest use may be.
const VALID_DAYS: i64 = 3650;

/// An X.509 certificate in DER. The same key, subject and time make the same bytes, so every node of a database
/// tells the same one and none need keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
}

impl Certificate {
    /// `serial` tells this key from others; `subject` is the host of the issuer.
    pub(super) fn new(key: &impl SigningKey, serial: [u8; 20], subject: &str, since: Timestamp) -> Result<Self, Fault> {
        let context = "making a signing key's certificate";
        let mut parameters = CertificateParams::default();
        parameters.not_before = OffsetDateTime::from_unix_timestamp(since.seconds()).context(context)?;
        parameters.not_after = parameters.not_before + Duration::days(VALID_DAYS);
        // RFC 5280 §4.1.2.2: positive, so the first bit is 0; the second keeps the length.
        let mut serial = serial.to_vec();
        serial[0] = serial[0] & 0x7f | 0x40;
        parameters.serial_number = Some(SerialNumber::from(serial));
        parameters.distinguished_name = DistinguishedName::new();
        // X.520's upper bound of a common name.
        parameters.distinguished_name.push(DnType::CommonName, subject.chars().take(64).collect::<String>());
        let made = parameters.self_signed(key).context(context)?;
        Ok(Self { der: made.der().to_vec() })
    }

    /// The member of a JWK's `x5c` (RFC 7517 §4.7).
    pub(super) fn x5c(&self) -> String {
        STANDARD.encode(&self.der)
    }

    /// A JWK's `x5t` (RFC 7517 §4.8).
    pub(super) fn x5t(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.sha1())
    }

    /// With the line ends of RFC 7468 §2, as Auth0 writes them.
    pub fn pem(&self) -> String {
        let text = self.x5c();
        // Base64 is ASCII, so any byte is a place to cut.
        let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        format!("-----BEGIN CERTIFICATE-----\r\n{}\r\n-----END CERTIFICATE-----\r\n", lines.join("\r\n"))
    }

    /// SHA-1 in hexadecimal, the bytes parted by colons.
    pub fn fingerprint(&self) -> String {
        let bytes: Vec<String> = self.sha1().iter().map(|byte| format!("{byte:02X}")).collect();
        bytes.join(":")
    }

    /// SHA-1 in hexadecimal.
    pub fn thumbprint(&self) -> String {
        self.sha1().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// A name of the certificate, not a protection: clients know it by this hash.
    fn sha1(&self) -> Vec<u8> {
        digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.der).as_ref().to_vec()
    }
}
