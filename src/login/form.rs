//! What a person typed into one of our forms: each field once.

use super::error::LoginError;

/// The fields of these names; one that was not sent is empty. The Management API takes no NUL, and nobody's address,
/// name or password has one: it is replaced, so that such a try is a wrong one.
pub(super) fn read<const N: usize>(body: &[u8], names: [&str; N]) -> Result<[String; N], LoginError> {
    let mut fields = [const { String::new() }; N];
    let mut seen = [false; N];
    for (name, value) in url::form_urlencoded::parse(body) {
        let Some(index) = names.iter().position(|known| *known == name) else { continue };
        if std::mem::replace(&mut seen[index], true) {
            return Err(LoginError::BrokenForm);
        }
        fields[index] = value.replace('\0', "\u{fffd}");
    }
    Ok(fields)
}
