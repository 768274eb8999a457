//! Layout: what [`super::tell`] has to say, as text, JSON or a ladder. Chooses nothing and words nothing.

pub mod json;
pub mod ladder;
pub mod text;
