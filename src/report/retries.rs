//! Counts requests that repeat an earlier one.

use super::{Report, path_of};
use std::collections::BTreeMap;
use std::time::Duration;

impl Report {
    /// How many requests repeat an earlier one: one with the same method and target that was dropped or got no complete
    /// reply. The repetition may be on the same connection or another.
    ///
    /// ```
    /// # use labserve::{Event, Rule, Server};
    /// # use std::{io::{Read, Write}, time::Duration};
    /// let server = Server::builder().rule(Rule::path("/").nth(1).after_bytes(9).fin()).start()?;
    /// for _ in 0..2 {
    ///     let mut client = std::net::TcpStream::connect(server.address()).unwrap();
    ///     client.write_all(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    ///     client.read_to_end(&mut Vec::new()).unwrap();
    /// }
    /// server.wait_for(Event::closed().times(2), Duration::from_secs(2))?;
    /// assert_eq!(server.stop().retries(), 1);
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn retries(&self) -> usize {
        self.retries_by_path().values().sum()
    }

    /// The number of retries for each path that was requested.
    pub(crate) fn retries_by_path(&self) -> BTreeMap<String, usize> {
        let mut attempts: Vec<(Duration, String, String, bool)> = Vec::new();
        for connection in self {
            for request in &connection.requests {
                let complete = request.reply.is_some_and(|reply| reply.complete);
                attempts.push((request.at, request.method.clone(), request.target.clone(), complete));
            }
            // A dropped request that the server had begun is already among the requests.
            for dropped in connection.dropped.iter().filter(|dropped| dropped.number == 0) {
                let mut words = dropped.line.as_deref().unwrap_or_default().split(' ');
                if let (Some(method), Some(target)) = (words.next(), words.next()) {
                    attempts.push((dropped.at, method.to_owned(), target.to_owned(), false));
                }
            }
        }
        attempts.sort_by_key(|(at, ..)| *at);
        let mut failed: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut retries = BTreeMap::new();
        for (_, method, target, complete) in attempts {
            let count = retries.entry(path_of(&target).to_owned()).or_insert(0);
            let failed = failed.entry((method, target)).or_insert(0);
            if *failed > 0 {
                *failed -= 1;
                *count += 1;
            }
            *failed += usize::from(!complete);
        }
        retries
    }
}
