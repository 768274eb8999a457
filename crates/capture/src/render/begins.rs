//! The message that begins in each frame, as a label for the arrows of ladders: `GET /`, `200 OK`, `ClientHello`.

use super::clip;
use crate::model::{Carried, Connection, Message};
use crate::sentence::printable;
use std::collections::HashMap;

/// Maximum length of a label, in characters.
const MOST: usize = 28;

/// The label of each frame. If several messages begin in a frame, the first one is named.
pub(super) fn begins(connection: &Connection) -> HashMap<u64, String> {
    let mut begins = HashMap::new();
    for exchange in &connection.exchanges {
        let request = exchange.request.as_ref().map(|message| (message, request(message)));
        let response = exchange.response.as_ref().map(|message| (message, response(message)));
        for (message, text) in [request, response].into_iter().flatten() {
            if !text.is_empty() {
                let text = clip(&printable(&text), MOST).into_owned();
                begins.entry(message.frames.first).or_insert(text);
            }
        }
    }
    for (frame, text) in connection.carried.iter().flat_map(carried) {
        begins.entry(frame).or_insert_with(|| clip(&text, MOST).into_owned());
    }
    begins
}

/// Labels for another protocol: its TLS records, or at least its name on its first frame.
fn carried(carried: &Carried) -> Vec<(u64, String)> {
    let tls = carried.tls.iter();
    let records = tls.clone().flat_map(|tls| &tls.records);
    let alerts = tls.flat_map(|tls| &tls.alerts);
    let mut says: Vec<(u64, String)> = records
        .map(|record| (record.frame, record.content.to_owned()))
        .chain(alerts.map(|alert| (alert.frame, alert.alert.clone())))
        .collect();
    says.extend(
        carried
            .frames
            .zip(carried.protocol)
            .map(|(frames, name)| (frames.first, name.to_owned())),
    );
    says
}

/// Method and target.
fn request(message: &Message) -> String {
    let line = message.head.first_line();
    line.rsplit_once(" HTTP/").map_or(line, |(line, _)| line).to_owned()
}

/// Status and reason.
fn response(message: &Message) -> String {
    let line = message.head.first_line();
    line.split_once(' ').map_or(line, |(_, status)| status).to_owned()
}
