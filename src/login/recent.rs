//! The organizations used on this device, remembered by name in a cookie for the picker.

use axum::http::HeaderValue;

use super::{Login, Visit};
use crate::model::organization::is_organization_name;
use crate::web::cookies::Purpose;

const MOST: usize = 5;
const SECONDS: i64 = 180 * 24 * 3600;

/// The names, the last used first. What the cookie holds is the person's own, so it is only shown to them.
pub(super) fn names(login: &Login, visit: &Visit) -> Vec<String> {
    let cookie = login.cookies.read(&visit.headers, Purpose::Recent).unwrap_or_default();
    cookie.split('.').filter(|name| is_organization_name(name)).take(MOST).map(str::to_owned).collect()
}

/// The cookie that puts `name` first.
pub(super) fn remember(login: &Login, visit: &Visit, name: &str) -> HeaderValue {
    let mut names = names(login, visit);
    names.retain(|known| known != name);
    names.insert(0, name.to_owned());
    names.truncate(MOST);
    login.cookies.set(Purpose::Recent, &names.join("."), Some(SECONDS))
}
