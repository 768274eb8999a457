//! A summary of a profile: what it announces and what it does.

use super::units::Span;
use super::{Announce, CloseStyle, Profile};
use crate::close_reason::CloseReason;
use std::time::Duration;

/// How a server ends a connection on which nothing happens after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleEnd {
    /// How long it waits for a further request. For a server that closes after each response, the pause before the
    /// close.
    pub after: Duration,
    /// How it closes.
    pub style: CloseStyle,
}

impl Profile {
    /// How it ends a connection on which nothing happens after a response; `None` if it leaves that to the client.
    pub fn idle_end(&self) -> Option<IdleEnd> {
        let connection = &self.connection;
        let (after, reason) = if connection.persistent {
            (connection.timers.idle.after?, CloseReason::Idle)
        } else {
            (connection.close.pause.unwrap_or_default(), CloseReason::NotPersistent)
        };
        let style = connection.close.style(reason);
        (style != CloseStyle::Hold).then_some(IdleEnd { after, style })
    }

    /// What its responses announce about the connection.
    pub fn announces(&self) -> String {
        let connection = &self.connection;
        if connection.announce == Announce::Http10 && connection.persistent {
            return "nothing".to_owned();
        }
        let fields = if connection.persistent {
            &connection.keep_fields
        } else {
            &connection.close_fields
        };
        let value = |name: &str| {
            fields.iter().find_map(|line| {
                let (field, value) = line.source().split_once(':')?;
                field.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let asked = if connection.announce == Announce::Asked {
            " if asked"
        } else {
            ""
        };
        match (value("keep-alive"), value("connection")) {
            (Some(parameters), _) => format!(
                "{}{asked}",
                parameters.replace(
                    "{remaining}",
                    &connection.max_requests.unwrap_or(1).saturating_sub(1).to_string()
                )
            ),
            (None, Some(word)) => format!("{}{asked}", word.to_ascii_lowercase()),
            (None, None) => "nothing".to_owned(),
        }
    }

    /// What it does with connections.
    pub fn does(&self) -> String {
        let connection = &self.connection;
        if !connection.persistent {
            let pause = connection
                .close
                .pause
                .map_or("after".to_owned(), |pause| format!("{} ms after", pause.as_millis()));
            return format!("ends every connection {pause} its reply");
        }
        let idle = match self.idle_end() {
            None => "never ends an idle connection".to_owned(),
            Some(IdleEnd { after, style }) => {
                let how = match style {
                    CloseStyle::Rst => " with RST",
                    _ => "",
                };
                format!("ends an idle connection after {}{how}", Span(Some(after)))
            }
        };
        match connection.max_requests {
            Some(most) => format!("{idle}, any connection after {most} requests"),
            None => idle,
        }
    }
}
