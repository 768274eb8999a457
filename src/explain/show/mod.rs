//! Layout: what [`super::tell`] has to say, as a report in Markdown and as a page. Chooses nothing and words nothing.

pub mod html;
pub mod markdown;
mod phase;
mod table;

/// Text of at most `most` characters; what is longer ends in an ellipsis.
fn clip(text: &str, most: usize) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => text.into(),
        Some((at, _)) => format!("{}…", &text[..at]).into(),
    }
}
