//! `Fault`: anything unexpected, carried to the edge that answers it and logged there once.

/// Something that is nobody's doing: a broken disk, a lost database, a bug.
#[derive(Debug, thiserror::Error)]
#[error("{context}: {source}")]
pub struct Fault {
    context: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Fault {
    /// What we were doing, and what went wrong.
    pub fn new(context: impl Into<String>, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { context: context.into(), source: source.into() }
    }
}

/// Adds what we were doing to an error on its way up.
pub trait Context<T> {
    fn context(self, context: &str) -> Result<T, Fault>;
}

impl<T, E: Into<Box<dyn std::error::Error + Send + Sync>>> Context<T> for Result<T, E> {
    fn context(self, context: &str) -> Result<T, Fault> {
        self.map_err(|source| Fault::new(context, source))
    }
}
