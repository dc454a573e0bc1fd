//! Floor 1, the web: everything that knows HTTP and nothing of logins.
//!
//! ```text
//! TcpListener -> server.rs (cap, TLS, connection.rs: the clocks of one connection)
//!             -> at_once.rs (the page that waits for nothing), or
//!             -> layers.rs (request id, address, screen.rs, time limit, headers, metrics, one log line)
//!             -> the router of a face, whose body sizes body.rs holds
//! ```
//! What a face asks of a request: [`ClientAddress`], [`RequestId`], [`Cookies`], [`is_same_origin`], [`Budget`].

pub mod assets;
pub mod at_once;
pub mod body;
pub mod budget;
pub mod client_address;
mod connection;
pub mod cookies;
pub mod form;
mod guests;
pub mod health;
pub mod layers;
pub mod log;
pub mod message;
pub mod new_password;
pub mod observe;
pub mod page;
pub mod redirect;
pub mod same_origin;
mod screen;
pub mod server;
pub mod stop;
#[cfg(test)]
mod tests;
pub mod text;
pub mod theme;
pub mod tls;

pub use body::limit_body;
pub use budget::{Budget, RetryAfter};
pub use client_address::{ClientAddress, Peer, budget_key};
pub use cookies::{Cookies, Purpose};
pub use layers::{RequestId, wrap};
pub use same_origin::is_same_origin;
pub use server::{Front, serve};
