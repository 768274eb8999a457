//! The tables of a report as rows of cells, independent of Markdown and HTML.

use super::phase::handshake_frames;
use crate::describe;
use crate::model::{BodyEnd, Capture, Connection, Frame, Message, Side, Teardown};
use crate::sentence::{Lang, Msg, Sentence, label, printable, time};
use std::net::SocketAddr;

/// A table.
pub(super) struct Table {
    pub(super) columns: Vec<Msg>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Number of further rows that are not listed.
    pub(super) left_out: u64,
}

impl Table {
    /// Whether a column holds numbers, or no values at all.
    pub(super) fn numeric(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.clone().any(Cell::is_number) || cells.all(|cell| *cell == Cell::Empty)
    }
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// Words of a message, or of this program.
    Words(String),
    /// A number or a time.
    Number(String),
    /// Text from the wire, with control characters escaped.
    Quoted(String),
    /// A frame number.
    Frame(u64),
    /// A stream index.
    Stream(u32),
    /// No value.
    Empty,
}

impl Cell {
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Frame(_) | Self::Stream(_))
    }

    fn number(n: impl Into<u64>) -> Self {
        Self::Number(n.into().to_string())
    }

    /// An IPv6 address may be longer than a column, so it may be wrapped anywhere, as text from the wire is.
    fn address(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(_) => Self::Words(address.to_string()),
            SocketAddr::V6(_) => Self::Quoted(address.to_string()),
        }
    }

    fn time(ns: Option<impl TryInto<i64>>) -> Self {
        ns.map_or(Self::Empty, |ns| Self::Number(time(ns.try_into().unwrap_or(i64::MAX))))
    }
}

/// Maximum number of rows of a table.
const ROWS: usize = 500;

fn table<T>(columns: &[Msg], facts: &[T], left_out: u64, row: impl Fn(&T) -> Vec<Cell>) -> Table {
    Table {
        columns: columns.to_vec(),
        rows: facts.iter().take(ROWS).map(row).collect(),
        left_out: left_out + facts.len().saturating_sub(ROWS) as u64,
    }
}

/// The frames of the handshake. `begin_ns` is the time of the first frame of the capture.
pub(super) fn handshake(connection: &Connection, begin_ns: i64, lang: Lang) -> Table {
    frames(connection, &handshake_frames(connection), begin_ns, lang)
}

/// The frames of the teardown. `begin_ns` is the time of the first frame of the capture.
pub(super) fn end(connection: &Connection, begin_ns: i64, lang: Lang) -> Table {
    frames(connection, &connection.end.frames, begin_ns, lang)
}

fn frames(connection: &Connection, numbers: &[u64], begin_ns: i64, lang: Lang) -> Table {
    let all = &connection.frames;
    let found = numbers
        .iter()
        .filter_map(|number| all.binary_search_by_key(number, |frame| frame.number).ok());
    let listed: Vec<&Frame> = found.filter_map(|at| all.get(at)).collect();
    let columns = [
        Msg::ColFrame,
        Msg::ColTime,
        Msg::ColFrom,
        Msg::ColFlags,
        Msg::ColSeq,
        Msg::ColAck,
        Msg::ColLen,
        Msg::ColWindow,
    ];
    table(&columns, &listed, 0, |frame| {
        vec![
            Cell::Frame(frame.number),
            Cell::Number(seconds(frame.ns, begin_ns)),
            Cell::Words(side(frame.from, lang)),
            Cell::Words(frame.flags.names()),
            Cell::number(frame.seq),
            if frame.flags.ack() {
                Cell::number(frame.ack)
            } else {
                Cell::Empty
            },
            Cell::number(frame.len),
            Cell::number(frame.window),
        ]
    })
}

/// The exchanges: how much each side sent, and its sequence number after that.
pub(super) fn exchanges(connection: &Connection, lang: Lang) -> Table {
    let columns = [
        Msg::ColNumber,
        Msg::ColRequest,
        Msg::ColStatus,
        Msg::ColRequestBytes,
        Msg::ColClientSeq,
        Msg::ColResponseBytes,
        Msg::ColServerSeq,
        Msg::ColFirstByte,
    ];
    table(
        &columns,
        &connection.exchanges,
        connection.exchanges_left_out,
        |exchange| {
            let (request, response) = (exchange.request.as_ref(), exchange.response.as_ref());
            vec![
                Cell::number(exchange.number),
                first_line(request, lang, describe::no_request(exchange), |line| {
                    line.rsplit_once(" HTTP/").map_or(line, |(line, _)| line)
                }),
                first_line(response, lang, describe::no_response(exchange), |line| {
                    line.split_once(' ').map_or(line, |(_, status)| status)
                }),
                bytes(Msg::RequestHeadAndBody, request, lang),
                request.map_or(Cell::Empty, |message| Cell::number(message.next_seq)),
                bytes(Msg::ResponseHeadAndBody, response, lang),
                response.map_or(Cell::Empty, |message| Cell::number(message.next_seq)),
                Cell::time(exchange.first_byte_ns),
            ]
        },
    )
}

fn first_line(message: Option<&Message>, lang: Lang, missing: Msg, part: impl Fn(&str) -> &str) -> Cell {
    match message
        .map(|message| message.head.first_line())
        .filter(|line| !line.is_empty())
    {
        Some(line) => Cell::Quoted(printable(part(line))),
        None => Cell::Words(label(missing, lang).to_owned()),
    }
}

fn bytes(parts: Msg, message: Option<&Message>, lang: Lang) -> Cell {
    let Some(message) = message else {
        return Cell::Empty;
    };
    let has_one_part = message.body_end == BodyEnd::NoBody && message.body_bytes == 0;
    if has_one_part || message.body_end == BodyEnd::Unknown {
        return Cell::number(message.bytes());
    }
    let sentence = Sentence::new(parts)
        .with("bytes", message.bytes())
        .with("head", message.head_bytes)
        .with("body", message.body_bytes);
    Cell::Number(sentence.text(lang))
}

/// The slowest exchanges, and where their time went.
pub(super) fn slowest(capture: &Capture, lang: Lang) -> Table {
    let columns = [
        Msg::ColTotal,
        Msg::ColStream,
        Msg::ColNumber,
        Msg::ColRequest,
        Msg::ColMostly,
        Msg::ColOfIt,
    ];
    table(
        &columns,
        &describe::slowest(capture),
        0,
        |(connection, exchange, timing)| {
            let part = timing.parts.first();
            vec![
                Cell::time(Some(timing.total_ns)),
                Cell::Stream(connection.stream),
                Cell::number(exchange.number),
                first_line(
                    exchange.request.as_ref(),
                    lang,
                    describe::no_request(exchange),
                    |line| line.rsplit_once(" HTTP/").map_or(line, |(line, _)| line),
                ),
                part.map_or(Cell::Empty, |part| {
                    Cell::Words(label(describe::spent(part.on), lang).to_owned())
                }),
                Cell::time(part.map(|part| part.ns)),
            ]
        },
    )
}

/// The bursts of a message. `begin_ns` is the time of the first frame of the capture.
pub(super) fn bursts(message: &Message, begin_ns: i64) -> Table {
    let columns = [
        Msg::ColBurst,
        Msg::ColTime,
        Msg::ColFrames,
        Msg::ColSegments,
        Msg::ColBytes,
    ];
    let numbered: Vec<_> = message.bursts.iter().enumerate().collect();
    table(&columns, &numbered, message.bursts_left_out, |(index, burst)| {
        vec![
            Cell::number(*index as u64 + 1),
            Cell::Number(seconds(burst.ns, begin_ns)),
            Cell::Words(match burst.frames {
                span if span.first == span.last => span.first.to_string(),
                span => format!("{}–{}", span.first, span.last),
            }),
            Cell::Words(describe::burst(burst)),
            Cell::number(burst.bytes),
        ]
    })
}

/// The response whose bursts are listed, and the number of its exchange: the largest with more than one burst.
pub(super) fn large_response(connection: &Connection) -> Option<(u64, &Message)> {
    let responses = connection
        .exchanges
        .iter()
        .filter_map(|exchange| Some((exchange.number, exchange.response.as_ref()?)));
    responses
        .filter(|(_, response)| response.bursts.len() > 1 && response.bursts_show_sending())
        .max_by_key(|(_, response)| response.bytes())
}

/// The groups of connections that are alike, if not all are described one by one.
pub(super) fn groups(capture: &Capture, lang: Lang) -> Table {
    let columns = [
        Msg::ColConnections,
        Msg::ColServer,
        Msg::ColUse,
        Msg::ColExchanges,
        Msg::ColEndedBy,
        Msg::ColHow,
        Msg::ColWhy,
        Msg::ColStreams,
    ];
    let groups = describe::groups(capture);
    let left_out = match groups.is_empty() {
        true => 0,
        false => capture.groups.len() - groups.len(),
    };
    table(&columns, &groups, left_out as u64, |(group, first)| {
        vec![
            Cell::number(group.count),
            Cell::address(group.server),
            Cell::Words(label(describe::usage(group.usage), lang).to_owned()),
            Cell::number(group.exchanges),
            group.ended_by.map_or(Cell::Empty, |by| Cell::Words(side(by, lang))),
            Cell::Words(label(describe::teardown(first), lang).to_owned()),
            Cell::Words(label(describe::reason(group.reason), lang).to_owned()),
            Cell::Words(describe::streams(group)),
        ]
    })
}

/// The connections side by side.
pub(super) fn comparison(capture: &Capture, lang: Lang) -> Table {
    let columns = [
        Msg::ColStream,
        Msg::ColClient,
        Msg::ColServer,
        Msg::ColUse,
        Msg::ColExchanges,
        Msg::ColLasted,
        Msg::ColAnnounced,
        Msg::ColEndedBy,
        Msg::ColAfterLastByte,
        Msg::ColHow,
        Msg::ColWhy,
    ];
    let described: Vec<&Connection> = capture.described().collect();
    table(&columns, &described, 0, |connection| {
        let end = &connection.end;
        let announced = connection.idle_periods.iter().rev().find_map(|rest| rest.announced_s);
        vec![
            Cell::Stream(connection.stream),
            Cell::address(connection.client),
            Cell::address(connection.server),
            Cell::Words(label(describe::usage(connection.usage), lang).to_owned()),
            Cell::number(connection.exchanges_in_all()),
            Cell::time(Some(connection.last_ns.saturating_sub(connection.first_ns))),
            announced.map_or(Cell::Empty, |s| Cell::Words(format!("timeout={s}"))),
            end.by.map_or(Cell::Empty, |by| Cell::Words(side(by, lang))),
            Cell::time(end.first().and_then(|first| first.after_last_byte_ns)),
            Cell::Words(label(describe::teardown(connection), lang).to_owned()),
            match end.teardown {
                Teardown::StillOpen | Teardown::Opening | Teardown::NotCaptured => Cell::Empty,
                _ => Cell::Words(label(describe::reason(end.reason), lang).to_owned()),
            },
        ]
    })
}

/// The name of a side.
fn side(side: Side, lang: Lang) -> String {
    let msg = match side {
        Side::Client => Msg::ColClient,
        Side::Server => Msg::ColServer,
    };
    label(msg, lang).to_owned()
}

/// A time as in Wireshark's Time column: seconds since the first frame of the capture.
pub(super) fn seconds(ns: i64, begin_ns: i64) -> String {
    let since = ns.saturating_sub(begin_ns);
    let (sign, micros) = (if since < 0 { "-" } else { "" }, since.unsigned_abs() / 1000);
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
