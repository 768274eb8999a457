//! TLS records and the messages of its handshake that are not encrypted (RFC 8446, RFC 5246).

use super::records::{KEPT, RecordStep, Records};
use crate::model::{Side, Tls, TlsAlert, TlsRecord};

/// Length of the header of a record: type, version, length.
const RECORD_HEADER: usize = 5;
/// Length of the header of a message of the handshake: type, length.
const MESSAGE_HEADER: usize = 4;
const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// Extension numbers.
const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;
const SUPPORTED_VERSIONS: u16 = 43;
const APPLICATION_DATA: u8 = 23;
/// How many alerts and offered protocols are listed.
const LISTED: usize = 8;
const TLS_1_3: &str = "TLS 1.3";
/// How many records are listed.
const RECORDS: usize = 16;

/// Names of the messages of the handshake that are sent in the clear (RFC 8446 section 4, RFC 5246 section 7.4).
const MESSAGES: &[(u8, &str)] = &[
    (0, "HelloRequest"),
    (CLIENT_HELLO, "ClientHello"),
    (SERVER_HELLO, "ServerHello"),
    (4, "NewSessionTicket"),
    (11, "Certificate"),
    (12, "ServerKeyExchange"),
    (13, "CertificateRequest"),
    (14, "ServerHelloDone"),
    (15, "CertificateVerify"),
    (16, "ClientKeyExchange"),
    (22, "CertificateStatus"),
];

/// Names of alerts (RFC 8446 section 6).
const ALERTS: &[(u8, &str)] = &[
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (22, "record_overflow"),
    (40, "handshake_failure"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (112, "unrecognized_name"),
    (116, "certificate_required"),
    (120, "no_application_protocol"),
];

#[derive(Debug, Default)]
pub(super) struct TlsReader {
    records: [Records; 2],
    seen: Seen,
}

#[derive(Debug, Default)]
struct Seen {
    client: Option<usize>,
    tls: Tls,
    alerts: Vec<(usize, u64, u8)>,
    records: Vec<(usize, u64, &'static str)>,
    /// Whether an endpoint encrypts its handshake from now on.
    encrypts: [bool; 2],
    /// Whether an endpoint has sent application data.
    sends: [bool; 2],
}

impl TlsReader {
    pub(super) fn receive(&mut self, from: usize, bytes: &[u8], unseen: u64, frame: u64) {
        let seen = &mut self.seen;
        self.records[from].receive(bytes, unseen, |record| {
            let &[kind, 3, _, high, low, ref body @ ..] = record else {
                return match record.len() < RECORD_HEADER {
                    true => RecordStep::Needs(RECORD_HEADER),
                    false => RecordStep::Lost,
                };
            };
            let len = usize::from(u16::from_be_bytes([high, low]));
            let wanted = match kind {
                // An encrypted alert is longer.
                ALERT if len == 2 => true,
                HANDSHAKE => seen.tls.version.is_none() && RECORD_HEADER + len <= KEPT,
                _ => false,
            };
            let needed = if wanted { len } else { len.min(MESSAGE_HEADER) };
            if body.len() < needed {
                return RecordStep::Needs(RECORD_HEADER + needed);
            }
            seen.list(kind, from, frame, &body[..needed], len);
            if wanted {
                seen.record(kind, from, frame, &body[..len]);
            }
            RecordStep::Read((RECORD_HEADER + len) as u64)
        });
    }

    pub(super) fn missing(&mut self, from: usize, count: u64) {
        self.records[from].missing(count);
    }

    /// The endpoint that sent the ClientHello.
    pub(super) fn client(&self) -> Option<usize> {
        self.seen.client
    }

    pub(super) fn finish(&self, side: impl Fn(usize) -> Side) -> Tls {
        let alerts = self.seen.alerts.iter().map(|(from, frame, number)| TlsAlert {
            by: side(*from),
            frame: *frame,
            alert: match ALERTS.iter().find(|(known, _)| known == number) {
                Some((_, name)) => (*name).to_owned(),
                None => number.to_string(),
            },
        });
        let records = self.seen.records.iter().map(|(from, frame, content)| TlsRecord {
            by: side(*from),
            frame: *frame,
            content,
        });
        Tls {
            alerts: alerts.collect(),
            records: records.collect(),
            ..self.seen.tls.clone()
        }
    }
}

impl Seen {
    /// Lists a record of type `kind`, whose content has length `len` and starts with `begin`.
    fn list(&mut self, kind: u8, from: usize, frame: u64, begin: &[u8], len: usize) {
        // In TLS 1.3, encrypted handshake messages are in records of application data (RFC 8446 section 5.2).
        let is_encrypted = self.encrypts[from] && self.tls.version != Some(TLS_1_3);
        let content = match kind {
            CHANGE_CIPHER_SPEC => {
                self.encrypts[from] = true;
                "ChangeCipherSpec"
            }
            HANDSHAKE if is_encrypted => "Encrypted Handshake Message",
            HANDSHAKE => match message_name(begin, len) {
                Some(name) => name,
                None => return,
            },
            APPLICATION_DATA if !std::mem::replace(&mut self.sends[from], true) => Tls::DATA,
            _ => return,
        };
        if self.records.len() < RECORDS {
            self.records.push((from, frame, content));
        }
    }

    fn record(&mut self, kind: u8, from: usize, frame: u64, body: &[u8]) {
        match (kind, body) {
            (ALERT, [_, number]) if self.alerts.len() < LISTED => self.alerts.push((from, frame, *number)),
            // Type, length of 24 bits, version, random.
            (HANDSHAKE, [CLIENT_HELLO, _, _, _, rest @ ..]) if rest.first() == Some(&3) => {
                self.client.get_or_insert(from);
                // If the message ends early, what was read before is kept.
                let _ = self.client_hello(rest);
            }
            (HANDSHAKE, [SERVER_HELLO, _, _, _, rest @ ..]) if rest.first() == Some(&3) => {
                self.client.get_or_insert(1 - from);
                let _ = self.server_hello(rest);
            }
            _ => {}
        }
    }

    /// Reads server name and protocols; `None` where the message ends early.
    fn client_hello(&mut self, bytes: &[u8]) -> Option<()> {
        let rest = after_vector8(bytes.get(34..)?)?;
        let suites = usize::from(u16_at(rest, 0)?);
        let rest = after_vector8(rest.get(2 + suites..)?)?;
        for (kind, body) in extensions(rest)? {
            match kind {
                // List length, name type, name length.
                SERVER_NAME if self.tls.server_name.is_none() => {
                    let len = usize::from(u16_at(body, 3)?);
                    let name = body.get(5..5 + len)?;
                    self.tls.server_name = Some(String::from_utf8_lossy(name).into_owned());
                }
                ALPN if self.tls.offered.is_empty() => self.tls.offered = protocols(body.get(2..)?),
                _ => {}
            }
        }
        Some(())
    }

    fn server_hello(&mut self, bytes: &[u8]) -> Option<()> {
        let mut version = u16_at(bytes, 0)?;
        // Session, cipher suite, compression.
        let rest = after_vector8(bytes.get(34..)?)?.get(3..);
        for (kind, body) in rest.and_then(extensions).unwrap_or_default() {
            match kind {
                SUPPORTED_VERSIONS => version = u16_at(body, 0).unwrap_or(version),
                ALPN => self.tls.chosen = protocols(body.get(2..).unwrap_or_default()).pop(),
                _ => {}
            }
        }
        self.tls.version = Some(match version {
            0x0300 => "SSL 3.0",
            0x0301 => "TLS 1.0",
            0x0302 => "TLS 1.1",
            0x0303 => "TLS 1.2",
            0x0304 => TLS_1_3,
            _ => "TLS of an unknown version",
        });
        Some(())
    }
}

/// The name of the message at the start of a record of this length. Only a certificate may be longer than its record.
fn message_name(begin: &[u8], record: usize) -> Option<&'static str> {
    let &[kind, high, middle, low, ..] = begin else {
        return None;
    };
    let len = u32::from_be_bytes([0, high, middle, low]) as usize;
    let (_, name) = MESSAGES.iter().find(|(known, _)| *known == kind)?;
    (MESSAGE_HEADER + len <= record || *name == "Certificate").then_some(name)
}

/// What follows a vector with a length of one byte.
fn after_vector8(bytes: &[u8]) -> Option<&[u8]> {
    let len = usize::from(*bytes.first()?);
    bytes.get(1 + len..)
}

/// The extensions, with their numbers, as far as they are whole.
fn extensions(bytes: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let len = usize::from(u16_at(bytes, 0)?);
    let mut rest = bytes.get(2..)?;
    rest = &rest[..len.min(rest.len())];
    let mut extensions = Vec::new();
    while let (Some(kind), Some(len)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let end = 4 + usize::from(len);
        // An extension that is longer than the list ends it; those before it count.
        let Some(body) = rest.get(4..end) else { break };
        extensions.push((kind, body));
        rest = &rest[end..];
    }
    Some(extensions)
}

/// A list of protocol names (RFC 7301 section 3.1).
fn protocols(bytes: &[u8]) -> Vec<String> {
    let mut rest = bytes;
    let mut names = Vec::new();
    while let [len, after @ ..] = rest
        && let Some(name) = after.get(..usize::from(*len))
        && names.len() < LISTED
    {
        names.push(String::from_utf8_lossy(name).into_owned());
        rest = &after[name.len()..];
    }
    names
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|pair| u16::from_be_bytes(*pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 3, 3][..], &(body.len() as u16).to_be_bytes(), body].concat()
    }

    fn hello(kind: u8, before_extensions: &[u8], extensions: &[(u16, &[u8])]) -> Vec<u8> {
        let mut list = Vec::new();
        for (number, body) in extensions {
            list.extend(number.to_be_bytes());
            list.extend((body.len() as u16).to_be_bytes());
            list.extend(*body);
        }
        let head = [
            &[3, 3][..],
            &[7; 32],
            before_extensions,
            &(list.len() as u16).to_be_bytes(),
            &list,
        ]
        .concat();
        let len = (head.len() as u32).to_be_bytes();
        record(HANDSHAKE, &[&[kind], &len[1..], &head].concat())
    }

    #[test]
    fn hellos_and_alerts_are_read_however_they_are_cut() {
        let name = [&[0, 14, 0, 0, 11][..], b"example.com"].concat();
        let client = hello(
            CLIENT_HELLO,
            &[0, 0, 2, 0x13, 1, 1, 0],
            &[(SERVER_NAME, &name), (ALPN, b"\0\x0c\x02h2\x08http/1.1")],
        );
        let server = hello(
            SERVER_HELLO,
            &[0, 0x13, 1, 0],
            &[(SUPPORTED_VERSIONS, &[3, 4]), (ALPN, b"\0\x03\x02h2")],
        );
        let alert = [record(23, &[9; 300]), record(ALERT, &[2, 40])].concat();
        for size in [1, 3, 50, 1000] {
            let mut reader = TlsReader::default();
            for (from, bytes) in [(1, &client), (0, &server), (0, &alert)] {
                for part in bytes.chunks(size) {
                    reader.receive(from, part, 0, 4);
                }
            }
            let side = |from| if from == 1 { Side::Client } else { Side::Server };
            let found = reader.finish(side);
            assert_eq!(reader.client(), Some(1), "{size}");
            assert_eq!(found.server_name.as_deref(), Some("example.com"), "{size}");
            assert_eq!(
                (found.version, found.chosen.as_deref()),
                (Some("TLS 1.3"), Some("h2")),
                "{size}"
            );
            assert_eq!(found.offered, ["h2", "http/1.1"], "{size}");
            assert_eq!(found.alerts[0].alert, "handshake_failure", "{size}");
            let records = found.records.iter().map(|record| (record.by, record.content));
            assert_eq!(
                records.collect::<Vec<_>>(),
                [
                    (Side::Client, "ClientHello"),
                    (Side::Server, "ServerHello"),
                    (Side::Server, "Application Data")
                ],
                "{size}"
            );
        }
    }

    #[test]
    fn after_change_cipher_spec_only_tls_1_3_has_a_hello_in_the_clear() {
        for (version, want) in [([3, 3], "Encrypted Handshake Message"), ([3, 4], "ClientHello")] {
            let first = hello(CLIENT_HELLO, &[0, 0, 2, 0x13, 1, 1, 0], &[]);
            let server = hello(SERVER_HELLO, &[0, 0x13, 1, 0], &[(SUPPORTED_VERSIONS, &version)]);
            let mut reader = TlsReader::default();
            for (from, bytes) in [
                (0, &first),
                (1, &server),
                (0, &record(CHANGE_CIPHER_SPEC, &[1])),
                (0, &first),
            ] {
                reader.receive(from, bytes, 0, 1);
            }
            let found = reader.finish(|_| Side::Client);
            assert_eq!(found.records.last().map(|record| record.content), Some(want));
        }
    }

    #[test]
    fn what_is_not_a_hello_says_nothing() {
        for body in [&[2; 64][..], &[1; 64], &[1, 0, 0, 9, 3], &[]] {
            let mut reader = TlsReader::default();
            reader.receive(0, &record(HANDSHAKE, body), 0, 1);
            assert_eq!(reader.finish(|_| Side::Client), Tls::default(), "{body:?}");
        }
    }
}
