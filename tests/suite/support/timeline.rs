//! A client of the timeline's API and event stream.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::server::Server;

/// How long any single operation may take.
const TIME: Duration = Duration::from_secs(10);

/// The timeline of a server.
pub(crate) struct Timeline {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body, parsed as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

impl Timeline {
    pub(crate) fn of(server: &Server) -> Self {
        let (address, token) = server.timeline();
        Self {
            address,
            token: token.to_owned(),
        }
    }

    /// Sends raw bytes and reads the response to its end.
    pub(crate) fn send(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).expect("the timeline");
        stream.set_read_timeout(Some(TIME)).expect("a timeout");
        stream.write_all(request).expect("to write");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        Answer {
            status: head[9..12].parse().expect("a status"),
            body: answer[end..].to_vec(),
            head,
        }
    }

    /// Sends a request without the token.
    pub(crate) fn ask(&self, method: &str, path: &str, fields: &str, body: &str) -> Answer {
        let (address, length) = (self.address, body.len());
        self.send(
            format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\n{fields}Content-Length: {length}\r\n\r\n{body}")
                .as_bytes(),
        )
    }

    /// Sends a GET, which must succeed, and returns the JSON body.
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, "", "");
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Sends a request with a JSON body and the token.
    pub(crate) fn change(&self, method: &str, path: &str, body: &Value) -> Answer {
        let fields = format!(
            "Authorization: Bearer {}\r\nContent-Type: application/json\r\n",
            self.token
        );
        self.ask(method, path, &fields, &body.to_string())
    }

    /// The lines that are now in the ring.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.past_lines("")
    }

    /// The lines that a query selects.
    pub(crate) fn past_lines(&self, query: &str) -> Vec<Value> {
        let answer = self.ask("GET", &format!("/api/v1/events.jsonl{query}"), "", "");
        let text = String::from_utf8(answer.body).expect("text");
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
            .collect()
    }

    /// The lines, once one of them matches.
    pub(crate) fn lines_until(&self, matches: impl Fn(&Value) -> bool) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let lines = self.lines();
            if lines.iter().any(&matches) {
                return lines;
            }
            assert!(begun.elapsed() < TIME, "not in {lines:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Opens the event stream, after the event `last_id` if there is one.
    pub(crate) fn events(&self, last_id: Option<&str>) -> Events {
        self.stream(
            "",
            &last_id.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n")),
        )
    }

    /// Opens the event stream, starting with at least this number of the newest past lines.
    pub(crate) fn last_events(&self, lines: u64) -> Events {
        self.stream(&format!("?last={lines}"), "")
    }

    fn stream(&self, query: &str, fields: &str) -> Events {
        let mut stream = TcpStream::connect(self.address).expect("the timeline");
        stream.set_read_timeout(Some(TIME)).expect("a timeout");
        let address = self.address;
        let request = format!(
            "GET /api/v1/events{query} HTTP/1.0\r\nHost: {address}\r\nAccept: text/event-stream\r\n{fields}\r\n"
        );
        stream.write_all(request.as_bytes()).expect("to write");
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).expect("a status line");
        assert!(line.contains(" 200 "), "{line}");
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).expect("a head");
        }
        Events {
            reader,
            id: String::new(),
        }
    }
}

/// An open event stream.
pub(crate) struct Events {
    reader: BufReader<TcpStream>,
    /// The id of the last message.
    pub(crate) id: String,
}

impl Events {
    /// The next lines, up to the message with one that matches.
    pub(crate) fn until(&mut self, matches: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut lines = Vec::new();
        let mut found = false;
        loop {
            let mut text = String::new();
            let read = self.reader.read_line(&mut text).expect("more events");
            assert!(read > 0, "the events end with {:?}", lines.last());
            let text = text.trim_end();
            if let Some(id) = text.strip_prefix("id: ") {
                self.id = id.to_owned();
            } else if let Some(data) = text.strip_prefix("data: ") {
                let line = serde_json::from_str(data).unwrap_or_else(|why| panic!("{why}: {data}"));
                found |= matches(&line);
                lines.push(line);
            } else if text.is_empty() && found {
                return lines;
            }
        }
    }
}
