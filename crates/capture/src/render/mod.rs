//! Layout: what [`super::describe`] has to say, as text, JSON, a ladder, a report in Markdown and a page. Chooses nothing and
//! words nothing.

pub mod html;
pub mod json;
pub mod ladder;
pub mod markdown;
mod phase;
#[cfg(test)]
mod sample;
mod table;
pub mod text;

/// Text of at most `most` characters; what is longer ends in an ellipsis.
fn clip(text: &str, most: usize) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => text.into(),
        Some((at, _)) => format!("{}…", &text[..at]).into(),
    }
}
