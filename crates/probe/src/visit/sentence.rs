//! The sentences of a visit's summary.

labserve_core::sentences! {
    /// A sentence about what a client saw.
    pub enum Seen in "visit" {
        Title = "title",
        Connection = "connection",
        NotEstablished = "not_established",
        NoRequest = "no_request",
        Response = "response",
        Conditional = "conditional",
        Retry = "retry",
        Nothing = "nothing",
        Cut = "cut",
        NotHttp = "not_http",
        TooLate = "too_late",
        Pending = "pending",
        ServerClosed = "server_closed",
        ServerClosedUnused = "server_closed_unused",
        ClientClosed = "client_closed",
        ClientClosedUnused = "client_closed_unused",
        Asked = "why_asked",
        Announced = "why_announced",
        Idle = "why_idle",
        Unused = "why_unused",
        Left = "why_left",
        GaveUp = "why_gave_up",
        ClientFollowed = "client_followed",
        ServerFollowed = "server_followed",
        Open = "open",
        Total = "total",
        Retried = "retried",
    }
}
