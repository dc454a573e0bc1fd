//! Everything that knows HTTP but no domain.

pub mod assets;
pub mod page;
pub mod theme;
