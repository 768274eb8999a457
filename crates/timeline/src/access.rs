//! Access control: the Host and Origin fields and the token. Pure functions of a request's head.
//!
//! Other pages in the same browser must not reach the timeline. DNS rebinding shows in the Host field, which contains
//! the attacker's name; a request from another site shows in Origin and Sec-Fetch-Site. Requests that change something
//! need the token, which is printed only in the start line. It is sent in Authorization and never in a cookie: browsers
//! send a host's cookies to all its ports (RFC 6265, section 8.5), so a cookie would reach the served ports, and from
//! there every event and capture.

use super::captures;
use super::refusal::Refusal;
use axum::http::{HeaderMap, Method, header};
use labserve_server::events::Secret;
use std::net::{IpAddr, SocketAddr};

/// The minimum number of characters of a token that the user chooses.
const SHORTEST: usize = 16;

/// The access token: 32 random bytes in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(Secret);

impl Token {
    /// A new random token.
    ///
    /// # Errors
    /// The system cannot supply random bytes.
    pub(super) fn new() -> std::io::Result<Self> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
        let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(Secret::new(&text)))
    }

    /// A token that the user has chosen.
    ///
    /// # Errors
    /// It is too short, or contains characters that a URL would have to encode.
    pub(super) fn given(text: &str) -> Result<Self, String> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        if text.len() < SHORTEST || !text.bytes().all(is_plain) {
            return Err(format!(
                "the token is too easy to guess, or not safe in a URL; expected at least {SHORTEST} letters, digits, and any of -._~"
            ));
        }
        Ok(Self(Secret::new(text)))
    }

    pub(super) fn text(&self) -> &str {
        self.0.text()
    }

    /// The token as a secret to be masked: a client may send it to a served port by mistake. Otherwise, the event for
    /// that request would show the token to everyone who can read events.
    pub(super) fn secret(&self) -> &Secret {
        &self.0
    }

    /// Whether `text` is the token. The comparison takes the same time wherever the first difference is, so that timing
    /// reveals nothing.
    pub(super) fn is(&self, text: &str) -> bool {
        let differs = self
            .text()
            .bytes()
            .zip(text.bytes())
            .fold(0, |all, (a, b)| all | (a ^ b));
        text.len() == self.text().len() && differs == 0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(...)")
    }
}

/// Decides which requests are answered.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) address: SocketAddr,
    pub(super) token: Token,
}

impl Access {
    /// Checks whether this request may be answered.
    ///
    /// # Errors
    /// The Host field is not this machine's, the request comes from another site, or it needs the token and does not
    /// have it.
    pub(super) fn admit(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = one(headers, header::HOST.as_str());
        if !host.is_some_and(|host| self.is_own_host(host)) {
            return Err(Refusal::wrong_host(format!(
                "the Host field must be {}, localhost or an address of this machine, with the port {}",
                self.address.ip(),
                self.address.port()
            )));
        }
        if headers.contains_key(header::ORIGIN) {
            let same = one(headers, header::ORIGIN.as_str())
                .and_then(|origin| origin.strip_prefix("http://"))
                .is_some_and(|origin| Some(origin) == host);
            if !same {
                return Err(Refusal::cross_site());
            }
        }
        let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
        let other_site = !matches!(site, None | Some(b"same-origin" | b"none"));
        if other_site && (path.starts_with("/api/") || !is_safe(method)) {
            return Err(Refusal::cross_site());
        }
        let is_page = matches!(path, "/" | "/favicon.ico")
            || ["/web/", captures::PAGES].iter().any(|folder| path.starts_with(folder));
        let needs_token = !is_safe(method) || !(self.address.ip().is_loopback() || is_page);
        if needs_token && !self.has_token(headers) {
            return Err(Refusal::no_token());
        }
        Ok(())
    }

    /// Whether the request carries the token, as a bearer token in Authorization (RFC 6750).
    pub(super) fn has_token(&self, headers: &HeaderMap) -> bool {
        one(headers, header::AUTHORIZATION.as_str())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .is_some_and(|(_, token)| self.token.is(token.trim()))
    }

    /// Whether a Host value is an address of this machine, or `localhost`, with the right port. Other names are
    /// refused: an attacker can make any name resolve to this machine, but cannot do that with an address.
    fn is_own_host(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        let address: Option<IpAddr> = name.trim_start_matches('[').trim_end_matches(']').parse().ok();
        let is_here = match address {
            Some(address) => address.is_loopback() || !self.address.ip().is_loopback(),
            None => name.eq_ignore_ascii_case("localhost"),
        };
        is_here && port == Some(self.address.port())
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The value of a field that occurs exactly once.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
            .collect()
    }

    /// Access, method, path, fields, and the expected status.
    type Case<'c> = (&'c Access, Method, &'c str, &'c [(&'static str, &'c str)], u16);

    #[test]
    fn each_request_is_admitted_or_refused_by_host_origin_and_token() {
        let token = Token(Secret::new("s3cret"));
        let at = |address: &str| Access {
            address: address.parse().expect("an address"),
            token: token.clone(),
        };
        let (local, open) = (at("127.0.0.1:3900"), at("192.0.2.7:3900"));
        let own = ("host", "127.0.0.1:3900");
        let bearer = ("authorization", "bearer s3cret");
        let cookie = ("cookie", "a=b; labserve_3900=s3cret");
        let page = ("origin", "http://127.0.0.1:3900");
        let api = "/api/v1/state";
        let cases: &[Case<'_>] = &[
            (&local, Method::GET, api, &[own], 200),
            (&local, Method::GET, api, &[("host", "LOCALHOST:3900")], 200),
            (&local, Method::GET, api, &[("host", "[::1]:3900")], 200),
            (&local, Method::GET, api, &[("host", "evil.example:3900")], 403),
            (&local, Method::GET, "/", &[("host", "evil.example:3900")], 403),
            (&local, Method::GET, api, &[("host", "127.0.0.1")], 403),
            (&local, Method::GET, api, &[("host", "127.0.0.1:3901")], 403),
            (&local, Method::GET, api, &[("host", "192.0.2.7:3900")], 403),
            (&local, Method::GET, api, &[], 403),
            (&local, Method::GET, api, &[own, own], 403),
            (&local, Method::GET, api, &[own, ("sec-fetch-site", "cross-site")], 403),
            (&local, Method::GET, "/", &[own, ("sec-fetch-site", "cross-site")], 200),
            (&local, Method::GET, api, &[own, ("origin", "http://evil.example")], 403),
            (&local, Method::GET, api, &[own, ("origin", "null")], 403),
            (&local, Method::PATCH, api, &[own], 401),
            (&local, Method::PATCH, api, &[own, bearer], 200),
            (&local, Method::PATCH, api, &[own, bearer, page], 200),
            (&local, Method::PATCH, api, &[own, cookie, page], 401),
            (
                &local,
                Method::PATCH,
                api,
                &[own, bearer, ("origin", "http://localhost:3900")],
                403,
            ),
            (
                &local,
                Method::PATCH,
                api,
                &[own, bearer, ("sec-fetch-site", "same-site")],
                403,
            ),
            (
                &local,
                Method::PATCH,
                api,
                &[own, ("authorization", "Bearer s3cre")],
                401,
            ),
            (&open, Method::GET, "/", &[("host", "192.0.2.7:3900")], 200),
            (&open, Method::GET, api, &[("host", "192.0.2.7:3900")], 401),
            (&open, Method::GET, api, &[("host", "192.0.2.7:3900"), bearer], 200),
            (&open, Method::GET, api, &[("host", "lab.example:3900"), bearer], 403),
        ];
        for (access, method, path, fields, want) in cases {
            let got = access
                .admit(method, path, &headers(fields))
                .map_or_else(|refusal| refusal.into_response().status().as_u16(), |()| 200);
            assert_eq!(got, *want, "{method} {path} {fields:?}");
        }
    }

    #[test]
    fn the_token_and_its_beginning_are_masked() {
        let token = Token(Secret::new("0123456789abcdef"));
        for (text, want) in [
            ("", ""),
            (
                "GET /?token=0123456789abcdef HTTP/1.1",
                "GET /?token=**************** HTTP/1.1",
            ),
            ("0123456789abcdef0123456789abcdef", "********************************"),
            ("cut: 0123456789ab", "cut: ************"),
            ("cut: 012345678xyz0123456789abcdef", "cut: *********xyz****************"),
            ("0123456", "0123456"),
            ("123456789abcdef", "123456789abcdef"),
        ] {
            let mut masked = text.as_bytes().to_vec();
            token.secret().mask(&mut masked);
            assert_eq!(String::from_utf8_lossy(&masked), want);
        }
    }

    #[test]
    fn tokens_are_long_and_each_is_new() {
        let (one, other) = (Token::new().expect("a token"), Token::new().expect("a token"));
        assert!(one != other && one.text().len() == 64);
        assert!(one.is(one.text()) && !one.is(other.text()) && !one.is(""));
        assert_eq!(format!("{one:?}"), "Token(...)");
    }
}
