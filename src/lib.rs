//! `vestibule`: the organization login page.
//!
//! Floors, imports going down only:
//!
//! ```text
//!  roof    main · cli · app · demo              wiring; the only place that knows everything
//!  4       login · provider · dashboard         three faces: person, application, administrator
//!  3       management_client                    typed calls, cache, token; knows HTTP, not SQL
//!  2       management                           the Management API; knows SQL's rows, not the faces
//!  1       store · oidc · web                   tools; they do not know each other
//!  ground  model · config · error               plain data, no I/O
//! ```
//!
//! A login in ten lines:
//!
//! 1. `/authorize` is read (`oidc::AuthorizeRequest`) and checked (`oidc::Authorization`).
//! 2. [`login`] finds the organization it means (`login/organization.rs`), or asks (`login/picker.rs`).
//! 3. A session of this browser that may enter there goes straight to step 8.
//! 4. The page shows the organization's enabled connections, a cached GET away (`login/draw.rs`).
//! 5. A click starts a trip: state, nonce and PKCE in one row, the browser to the identity provider (`login/trip.rs`).
//! 6. The callback takes the row, once, and verifies what came back (`login/callback.rs`).
//! 7. `POST /api/v2/logins` decides at the source: still enabled? a member, or made one? (`management/logins.rs`)
//! 8. `login::authorize::proceed` gives the application a code, bound to all of this.
//! 9. `/oauth/token` takes the code, once, asks the source again, and signs tokens with `org_id` ([`provider`]).
//! 10. `/userinfo` and the Management API refuse those tokens if the code is ever used twice.

pub mod app;
pub mod cli;
pub mod config;
pub mod dashboard;
pub mod demo;
pub mod error;
pub mod login;
pub mod mail;
pub mod management;
pub mod management_client;
pub mod model;
pub mod oidc;
pub mod provider;
pub mod store;
pub mod web;

#[cfg(test)]
mod tidy {
    use std::path::{Path, PathBuf};

    /// What each room may import besides itself; `None` is everything.
    fn may_import(room: &str) -> Option<&'static [&'static str]> {
        const GROUND: &[&str] = &["config", "error", "model"];
        Some(match room {
            "model" | "config" | "error" => GROUND,
            "store" | "oidc" | "web" | "mail" => GROUND,
            "management" => &["config", "error", "model", "store", "web"],
            "management_client" => &["config", "error", "model", "web"],
            "login" | "provider" | "dashboard" => {
                &["config", "error", "model", "store", "oidc", "web", "management_client"]
            }
            _ => return None,
        })
    }

    fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            match entry.is_dir() {
                true => rust_files(&entry, found),
                false if entry.extension().is_some_and(|extension| extension == "rs") => found.push(entry),
                false => {}
            }
        }
    }

    #[test]
    fn imports_go_down_the_floors_only() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        rust_files(&source, &mut files);
        let mut wrong = Vec::new();
        for file in files {
            let inside = file.strip_prefix(&source).expect("below src");
            let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
            let room = first.trim_end_matches(".rs");
            let Some(allowed) = may_import(room) else { continue };
            let text = std::fs::read_to_string(&file).expect("a source file");
            for name in text.split("crate::").skip(1) {
                let name: String =
                    name.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
                if !name.is_empty() && name != room && !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{} imports {name}", inside.display()));
                }
            }
            // Tenant data is the Management API's alone.
            if ["login", "provider", "dashboard"].contains(&room) && text.contains("Tenant") {
                wrong.push(format!("{} names tenant data", inside.display()));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
