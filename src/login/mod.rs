//! Face 1: the person who signs in.

pub mod page;
