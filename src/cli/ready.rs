//! Prints the line that tells other programs that the server is ready.

use super::serve::url;
use super::timeline::Prepared;
use labserve_core::http1::text::printable_json;
use labserve_server::server::Server;
use serde_json::{Value, json};

/// The line: every address, and how to reach the API.
pub(super) fn line(servers: &[Server], timeline: Option<&Prepared>) -> String {
    let urls: Vec<String> = servers.iter().map(|server| url(server.address())).collect();
    let addresses: Vec<String> = servers.iter().map(|server| server.address().to_string()).collect();
    let names: Vec<Value> = servers
        .iter()
        .map(|server| json!({"server": server.site().profile.name, "address": server.address()}))
        .collect();
    let profile = servers.first().map(|server| server.site().profile.name.as_str());
    let line = json!({
        "event": "ready",
        "pid": std::process::id(),
        "profile": profile,
        "addresses": addresses,
        "urls": urls,
        "servers": names,
        "api": timeline.map(|timeline| format!("http://{}/api/v1", timeline.address())),
        "timeline": timeline.map(Prepared::url),
        "token": timeline.map(|timeline| timeline.secret().text().to_owned()),
    });
    // The name of a profile may contain any characters.
    format!("{}\n", printable_json(&line.to_string()))
}
