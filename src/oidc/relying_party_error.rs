//! What can go wrong between us and an identity provider, by whose turn it is then.

use super::outbound::OutboundError;

/// Characters of an identity provider's text that we repeat.
const MAX_REPEATED: usize = 200;

/// Why a login with an identity provider did not work. The texts are for the log: no token, code or secret is in them.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RelyingPartyError {
    /// Somebody must change the connection's options, here or at the identity provider.
    #[error("the connection is misconfigured: {0}")]
    Misconfigured(String),
    /// It hangs, fails, is not what it should be, or may not be called. Trying again later may help.
    #[error("the identity provider is unreachable: {0}")]
    Unreachable(String),
    /// The identity provider's own `error=`, shortened and without control characters.
    #[error("the identity provider refused: {error} {description}")]
    Refused { error: String, description: String },
    /// The answer does not hold.
    #[error("the identity provider's answer does not hold: {0}")]
    Rejected(String),
}

impl From<OutboundError> for RelyingPartyError {
    fn from(error: OutboundError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// A stranger's text on one line, without control characters, shortened.
pub(super) fn tidy(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(MAX_REPEATED).collect()
}
