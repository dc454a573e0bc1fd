//! `Jwk`: an identity provider's public key, verified with aws-lc-rs instead of the `rsa` crate (design §5.15).

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreJsonWebKeyType, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm as Alg};
use openidconnect::{JsonWebKey, JsonWebKeyAlgorithm, JsonWebKeyId, JsonWebKeyUse, SignatureVerificationError};
use serde::{Deserialize, Serialize};

/// The algorithms an ID token may be signed with. HMAC and `none` are never among them (RFC 8725 §3.1).
pub(super) const ALLOWED: [Alg; 10] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EcdsaP521Sha512,
    Alg::EdDsa,
];

/// A public key from a JWK set (RFC 7517), its material decoded once. Parsing fails for keys we cannot use, and
/// `openidconnect::JsonWebKeySet` skips those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Members", into = "Members")]
pub(super) struct Jwk {
    members: Members,
    key_id: Option<JsonWebKeyId>,
    key_type: CoreJsonWebKeyType,
    key_use: Option<CoreJsonWebKeyUse>,
    restriction: Restriction,
    material: Material,
}

/// The members of a key as the set carries them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Members {
    kty: CoreJsonWebKeyType,
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    key_use: Option<CoreJsonWebKeyUse>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<JsonWebKeyId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

/// What the member `alg` allows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Restriction {
    Anything,
    Only(Alg),
    /// It names an encryption algorithm, or one we do not know.
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The uncompressed point: `04`, x, y.
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519(Vec<u8>),
    /// A shared secret. Verifies nothing: HMAC is refused.
    Secret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "P-256" => Self::P256,
            "P-384" => Self::P384,
            "P-521" => Self::P521,
            _ => return None,
        })
    }

    /// Bytes of one coordinate.
    fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl TryFrom<Members> for Jwk {
    type Error = &'static str;

    fn try_from(members: Members) -> Result<Self, Self::Error> {
        let material = Material::read(&members)?;
        let restriction = match &members.alg {
            None => Restriction::Anything,
            Some(name) => match serde_json::from_value(serde_json::Value::from(name.as_str())) {
                Ok(alg) => Restriction::Only(alg),
                Err(_) => Restriction::Nothing,
            },
        };
        Ok(Self {
            key_id: members.kid.clone(),
            key_type: members.kty.clone(),
            key_use: members.key_use.clone(),
            restriction,
            material,
            members,
        })
    }
}

impl From<Jwk> for Members {
    fn from(key: Jwk) -> Self {
        key.members
    }
}

impl Material {
    fn read(members: &Members) -> Result<Self, &'static str> {
        let bytes = |member: &Option<String>| {
            let text = member.as_deref().ok_or("a member of the key is missing")?;
            URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| "a member of the key is not base64url")
        };
        match members.kty {
            CoreJsonWebKeyType::RSA => Ok(Self::Rsa { modulus: bytes(&members.n)?, exponent: bytes(&members.e)? }),
            CoreJsonWebKeyType::EllipticCurve => {
                let curve = members.crv.as_deref().and_then(Curve::parse).ok_or("an unknown curve")?;
                let (x, y) = (bytes(&members.x)?, bytes(&members.y)?);
                if x.len() != curve.size() || y.len() != curve.size() {
                    return Err("a coordinate of the wrong length");
                }
                Ok(Self::Ec { curve, point: [&[4][..], &x, &y].concat() })
            }
            CoreJsonWebKeyType::OctetKeyPair if members.crv.as_deref() == Some("Ed25519") => {
                Ok(Self::Ed25519(bytes(&members.x)?))
            }
            _ => Err("a kind of key we cannot use"),
        }
    }

    fn verify(&self, alg: &Alg, message: &[u8], signature: &[u8]) -> Result<(), SignatureVerificationError> {
        let checked = match (self, alg) {
            (Self::Rsa { modulus, exponent }, alg) => {
                let parameters = rsa_parameters(alg).ok_or_else(|| unsuitable(alg))?;
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, message, signature)
            }
            (Self::Ec { curve, point }, alg) => {
                let parameters = ec_parameters(*curve, alg).ok_or_else(|| unsuitable(alg))?;
                UnparsedPublicKey::new(parameters, point).verify(message, signature)
            }
            (Self::Ed25519(key), Alg::EdDsa) => {
                UnparsedPublicKey::new(&signature::ED25519, key).verify(message, signature)
            }
            _ => return Err(unsuitable(alg)),
        };
        checked.map_err(|_| SignatureVerificationError::CryptoError("the signature does not match".to_owned()))
    }
}

fn rsa_parameters(alg: &Alg) -> Option<&'static RsaParameters> {
    Some(match alg {
        Alg::RsaSsaPkcs1V15Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Alg::RsaSsaPkcs1V15Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Alg::RsaSsaPkcs1V15Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Alg::RsaSsaPssSha256 => &signature::RSA_PSS_2048_8192_SHA256,
        Alg::RsaSsaPssSha384 => &signature::RSA_PSS_2048_8192_SHA384,
        Alg::RsaSsaPssSha512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// A curve goes with one hash (RFC 7518 §3.4).
fn ec_parameters(curve: Curve, alg: &Alg) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (curve, alg) {
        (Curve::P256, Alg::EcdsaP256Sha256) => &signature::ECDSA_P256_SHA256_FIXED,
        (Curve::P384, Alg::EcdsaP384Sha384) => &signature::ECDSA_P384_SHA384_FIXED,
        (Curve::P521, Alg::EcdsaP521Sha512) => &signature::ECDSA_P521_SHA512_FIXED,
        _ => return None,
    })
}

fn unsuitable(alg: &Alg) -> SignatureVerificationError {
    SignatureVerificationError::InvalidKey(format!("the key does not fit {alg:?}"))
}

impl Jwk {
    fn permits(&self, alg: &Alg) -> bool {
        self.key_use.as_ref().is_none_or(JsonWebKeyUse::allows_signature)
            && match &self.restriction {
                Restriction::Anything => true,
                Restriction::Only(only) => only == alg,
                Restriction::Nothing => false,
            }
    }
}

impl JsonWebKey for Jwk {
    type KeyUse = CoreJsonWebKeyUse;
    type SigningAlgorithm = Alg;

    fn key_id(&self) -> Option<&JsonWebKeyId> {
        self.key_id.as_ref()
    }

    fn key_type(&self) -> &CoreJsonWebKeyType {
        &self.key_type
    }

    fn key_use(&self) -> Option<&CoreJsonWebKeyUse> {
        self.key_use.as_ref()
    }

    fn signing_alg(&self) -> JsonWebKeyAlgorithm<&Alg> {
        match &self.restriction {
            Restriction::Anything => JsonWebKeyAlgorithm::Unspecified,
            Restriction::Only(alg) => JsonWebKeyAlgorithm::Algorithm(alg),
            Restriction::Nothing => JsonWebKeyAlgorithm::Unsupported,
        }
    }

    fn new_symmetric(_: Vec<u8>) -> Self {
        let kty = CoreJsonWebKeyType::Symmetric;
        let (key_id, key_use) = (None, None);
        let members = Members {
            kty: kty.clone(),
            key_use: None,
            kid: None,
            alg: None,
            crv: None,
            n: None,
            e: None,
            x: None,
            y: None,
        };
        Self { members, key_id, key_type: kty, key_use, restriction: Restriction::Nothing, material: Material::Secret }
    }

    fn verify_signature(&self, alg: &Alg, message: &[u8], signature: &[u8]) -> Result<(), SignatureVerificationError> {
        if !self.permits(alg) {
            return Err(unsuitable(alg));
        }
        self.material.verify(alg, message, signature)
    }

    /// The hash behind `at_hash` (OIDC Core §3.1.3.6); for Ed25519 it is SHA-512.
    fn hash_bytes(&self, bytes: &[u8], alg: &Alg) -> Result<Vec<u8>, String> {
        let algorithm = match alg {
            Alg::RsaSsaPkcs1V15Sha256 | Alg::RsaSsaPssSha256 | Alg::EcdsaP256Sha256 => &digest::SHA256,
            Alg::RsaSsaPkcs1V15Sha384 | Alg::RsaSsaPssSha384 | Alg::EcdsaP384Sha384 => &digest::SHA384,
            Alg::RsaSsaPkcs1V15Sha512 | Alg::RsaSsaPssSha512 | Alg::EcdsaP521Sha512 | Alg::EdDsa => &digest::SHA512,
            other => return Err(format!("{other:?} is not accepted")),
        };
        Ok(digest::digest(algorithm, bytes).as_ref().to_vec())
    }
}
