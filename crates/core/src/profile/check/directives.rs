//! What other servers call the keys of a profile.

/// Names of settings of other servers, and the keys of a profile that do the same.
const DIRECTIVES: [(&str, &str); 27] = [
    ("keepalive_timeout", "timers.idle"),
    ("KeepAliveTimeout", "timers.idle"),
    ("keepAliveTimeout", "timers.idle"),
    ("keepalive", "timers.idle"),
    ("timeout_keep_alive", "timers.idle"),
    ("connectionTimeout", "timers.idle"),
    ("KeepAlive", "connection.persistent"),
    ("keep_alive", "connection.persistent"),
    ("keepalive_requests", "connection.max_requests"),
    ("MaxKeepAliveRequests", "connection.max_requests"),
    ("maxRequestsPerSocket", "connection.max_requests"),
    ("keepalive_time", "connection.max_age"),
    ("worker_connections", "connection.max_connections"),
    ("limit_concurrency", "connection.max_connections"),
    ("maxConnections", "connection.max_connections"),
    ("client_header_timeout", "timers.head"),
    ("headersTimeout", "timers.head"),
    ("RequestReadTimeout", "timers.head"),
    ("client_body_timeout", "timers.body"),
    ("client_max_body_size", "limits.body"),
    ("LimitRequestBody", "limits.body"),
    ("large_client_header_buffers", "limits.buffers"),
    ("LimitRequestLine", "limits.request_line"),
    ("LimitRequestFieldSize", "limits.field_line"),
    ("LimitRequestFields", "limits.fields"),
    ("send_timeout", "writes.send_timeout"),
    ("server_tokens", "server"),
];

/// The key that does what another server's setting does.
pub(super) fn key(name: &str) -> Option<&'static str> {
    let plain = |text: &str| text.replace(['_', '-', '.'], "").to_ascii_lowercase();
    // A name from outside may be a megabyte long.
    let name = plain(name);
    DIRECTIVES
        .iter()
        .find(|(theirs, _)| plain(theirs) == name)
        .map(|(_, ours)| *ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::schema::Schema;

    #[test]
    fn each_leads_to_a_key() {
        for (name, ours) in DIRECTIVES {
            let path: Vec<&str> = ours.split('.').collect();
            assert!(Schema::profile().kind(&path).is_some(), "{ours}");
            assert!(key(name).is_some(), "{name}");
        }
    }
}
