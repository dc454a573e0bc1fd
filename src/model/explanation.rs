//! What is said of a login's address: the organization it gets, the rule, its options, and why.

use std::fmt;

/// One sentence; some begin with what they are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub about: Option<&'static str>,
    pub text: String,
}

impl Line {
    pub fn about(about: &'static str, text: impl Into<String>) -> Self {
        Self { about: Some(about), text: text.into() }
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self { about: None, text }
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.about {
            Some(about) => write!(f, "{about}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}
