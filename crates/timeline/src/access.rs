//! Access control: the Host and Origin fields and the token. Pure functions of a request's head.
//!
//! Other pages in the same browser must not reach the timeline. DNS rebinding is recognised by the Host field, which then
//! holds the attacker's name; a request from another site by Origin and Sec-Fetch-Site. Requests that change something need
//! the token, which is printed only in the start line.

use super::refusal::Refusal;
use axum::http::{HeaderMap, Method, header};
use std::net::{IpAddr, SocketAddr};

/// The access token: 32 random bytes in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

impl Token {
    /// A new random token.
    ///
    /// # Errors
    /// The system cannot supply random bytes.
    pub(super) fn new() -> std::io::Result<Self> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Self(random.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether `text` is the token. Takes the same time wherever the first difference is, so that timing reveals nothing.
    pub(super) fn is(&self, text: &str) -> bool {
        let differs = self.0.bytes().zip(text.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
        text.len() == self.0.len() && differs == 0
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
    /// The Host field is not this machine's, the request comes from another site, or it needs the token and has none.
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
        let is_page = path == "/" || path.starts_with("/web/") || path == "/favicon.ico";
        let is_session = path == "/api/v1/session";
        let needs_token = !is_safe(method) || !(self.address.ip().is_loopback() || is_page);
        if needs_token && !is_session && !self.has_token(headers) {
            return Err(Refusal::no_token());
        }
        Ok(())
    }

    /// Whether the request carries the token, as a bearer token in Authorization (RFC 6750) or in the cookie.
    pub(super) fn has_token(&self, headers: &HeaderMap) -> bool {
        let bearer = one(headers, header::AUTHORIZATION.as_str())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        let name = self.cookie_name();
        let mut cookies = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        bearer.is_some_and(|token| self.token.is(token))
            || cookies.any(|(key, value)| key == name && self.token.is(value))
    }

    /// The Set-Cookie value that holds the token. The name contains the port, because browsers share cookies between ports
    /// of a host (RFC 6265, section 8.5).
    pub(super) fn cookie(&self) -> String {
        let (name, token) = (self.cookie_name(), self.token.text());
        format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict")
    }

    fn cookie_name(&self) -> String {
        format!("labserve_{}", self.address.port())
    }

    /// Whether a Host value is an address of this machine, or `localhost`, with the right port. Other names are refused:
    /// anybody can make a name resolve to this machine, but not an address.
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
        let token = Token("s3cret".into());
        let at = |address: &str| Access {
            address: address.parse().expect("an address"),
            token: token.clone(),
        };
        let (local, open) = (at("127.0.0.1:3900"), at("192.0.2.7:3900"));
        let own = ("host", "127.0.0.1:3900");
        let (bearer, cookie) = (
            ("authorization", "bearer s3cret"),
            ("cookie", "a=b; labserve_3900=s3cret"),
        );
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
            (&local, Method::PATCH, api, &[own, cookie, page], 200),
            (
                &local,
                Method::PATCH,
                api,
                &[own, cookie, ("origin", "http://localhost:3900")],
                403,
            ),
            (
                &local,
                Method::PATCH,
                api,
                &[own, cookie, ("sec-fetch-site", "same-site")],
                403,
            ),
            (
                &local,
                Method::PATCH,
                api,
                &[own, ("cookie", "labserve_3901=s3cret")],
                401,
            ),
            (
                &local,
                Method::PATCH,
                api,
                &[own, ("authorization", "Bearer s3cre")],
                401,
            ),
            (&local, Method::POST, "/api/v1/session", &[own, page], 200),
            (
                &local,
                Method::POST,
                "/api/v1/session",
                &[own, ("origin", "http://evil.example")],
                403,
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
    fn tokens_are_long_and_each_is_new() {
        let (one, other) = (Token::new().expect("a token"), Token::new().expect("a token"));
        assert!(one != other && one.text().len() == 64);
        assert!(one.is(one.text()) && !one.is(other.text()) && !one.is(""));
        assert_eq!(format!("{one:?}"), "Token(...)");
    }
}
