//! The signs that the page of `explain` shares with that of the live timeline: the same shapes, colours and words.

use labserve_core::sentences;

sentences! {
    /// A sign of the timeline.
    pub enum Sign in "page.legend" {
        Success = "2",
        Redirection = "3",
        NotModified = "304",
        ClientError = "4",
        ServerError = "5",
        Wait = "wait",
        Announced = "announced",
        Unused = "unused",
        Server = "server",
        Client = "client",
        Reset = "rst",
        Cut = "cut",
    }
}
