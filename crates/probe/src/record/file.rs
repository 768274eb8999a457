//! Reads the properties of an ordinary file of a server from the server's responses.

use super::preflight::redirection;
use crate::adapt::{OrdinaryFile, SIZES};
use crate::client::{Bounds, ask};
use crate::head::{field, status};
use crate::placeholders::latin1;
use labserve_core::http1::date::{self, DateSyntax};
use std::io;
use std::net::SocketAddr;

/// The file at a path of a server that does not have the probe site. The file is requested twice, and `/` and the
/// directory of the file once each.
///
/// # Errors
/// No connection can be established, or the response is not that of an ordinary file: it is not a 200 with Content-Length,
/// it is compressed or changes from request to request, or the file is too small or too large for the cases ([`SIZES`]).
/// The message says which.
pub fn ordinary_file(server: SocketAddr, path: &str, bounds: Bounds) -> io::Result<OrdinaryFile> {
    let get = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
        ask(server, &request, bounds).map(Response)
    };
    let first = get(path)?;
    let content = first.file().map_err(|why| refused(path, &why))?;
    if get(path)?.body() != content {
        return Err(refused(path, "its content changes from request to request"));
    }
    let head = first.head();
    let is_index = path == "/" || {
        let root = get("/")?;
        status(&root.head()) == Some(200) && root.body() == content
    };
    let directory = match path.rsplit_once('/') {
        Some((above, _)) if !above.is_empty() => {
            let leads_inside = |location: String| {
                let location = location.split(['?', '#']).next().unwrap_or_default();
                location.ends_with(&format!("{above}/"))
            };
            redirection(&get(above)?.head())
                .is_some_and(leads_inside)
                .then(|| above.to_owned())
        }
        _ => None,
    };
    Ok(OrdinaryFile {
        path: path.to_owned(),
        content: content.to_vec(),
        modified: field(&head, "last-modified").and_then(|text| date::parse(text.as_bytes(), DateSyntax::Rfc9110, 0)),
        directory,
        is_index,
    })
}

fn refused(path: &str, why: &str) -> io::Error {
    io::Error::other(format!("{path} is not an ordinary file: {why}"))
}

/// The bytes that arrived.
struct Response(Vec<u8>);

impl Response {
    /// The head, including the empty line.
    fn head(&self) -> String {
        latin1(&self.0[..self.length_of_head()])
    }

    fn body(&self) -> &[u8] {
        &self.0[self.length_of_head()..]
    }

    fn length_of_head(&self) -> usize {
        memchr::memmem::find(&self.0, b"\r\n\r\n").map_or(self.0.len(), |at| at + 4)
    }

    /// The content of an ordinary file, or why it is not one.
    fn file(&self) -> Result<&[u8], String> {
        let head = self.head();
        if let Some(location) = redirection(&head) {
            return Err(format!(
                "the server redirects to {}. Give that URL",
                printable(&location)
            ));
        }
        match status(&head) {
            Some(200) => {}
            Some(other) => return Err(format!("the server answers with {other}")),
            None => return Err("what the server sends is not an HTTP response".to_owned()),
        }
        if let Some(coding) = field(&head, "content-encoding") {
            return Err(format!(
                "the server compresses it ({}). Give a file that it does not compress, such as a picture",
                printable(coding)
            ));
        }
        let Some(length) = field(&head, "content-length").and_then(|length| length.parse::<usize>().ok()) else {
            return Err("its response has no Content-Length".to_owned());
        };
        if !SIZES.contains(&length) {
            return Err(format!(
                "it has {length} bytes. Give a file of {} bytes to {} KiB",
                SIZES.start(),
                SIZES.end() >> 10
            ));
        }
        if self.body().len() != length {
            return Err(format!(
                "Content-Length is {length}, but {} bytes came",
                self.body().len()
            ));
        }
        Ok(self.body())
    }
}

fn printable(text: &str) -> String {
    labserve_core::http1::text::printable(text.as_bytes()).to_string()
}
