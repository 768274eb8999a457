//! The address to listen on, which may be given as `localhost`, alone or together with the port.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The addresses to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bind {
    pub(super) first: IpAddr,
    /// The second address of `localhost`: clients differ in whether they try ::1 or 127.0.0.1 first.
    pub(super) also: Option<IpAddr>,
}

impl Default for Bind {
    fn default() -> Self {
        Self {
            first: Ipv4Addr::LOCALHOST.into(),
            also: None,
        }
    }
}

impl FromStr for Bind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("localhost") {
            return Ok(Self {
                also: Some(Ipv6Addr::LOCALHOST.into()),
                ..Self::default()
            });
        }
        match text.parse() {
            Ok(first) => Ok(Self { first, also: None }),
            Err(_) => Err(format!(
                "got {text:?}; expected an address of this machine without a port, such as \"127.0.0.1\", \"0.0.0.0\" for all, or \
                 \"localhost\""
            )),
        }
    }
}

/// Where to listen: addresses and a port in one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listen {
    pub(super) bind: Bind,
    pub(super) port: u16,
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.rsplit_once(':').and_then(|(address, port)| {
            let inner = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            // An IPv6 address contains colons, so it needs brackets here.
            let bind = match inner {
                Some(inner) => inner.parse::<Ipv6Addr>().ok()?.into(),
                None if address.contains(':') => return None,
                None => address.parse().ok()?,
            };
            Some(Self {
                bind,
                port: port.parse().ok()?,
            })
        });
        parts.ok_or_else(|| {
            format!(
                "got {text:?}; expected an address and a port, such as 127.0.0.1:8080, localhost:8080 or [::1]:8080"
            )
        })
    }
}

impl From<Ipv6Addr> for Bind {
    fn from(address: Ipv6Addr) -> Self {
        Self {
            first: address.into(),
            also: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_port() {
        for (text, bind, port) in [
            ("127.0.0.1:8080", "127.0.0.1", 8080),
            ("localhost:0", "localhost", 0),
            ("[::1]:80", "::1", 80),
        ] {
            let bind = bind.parse().expect(bind);
            assert_eq!(text.parse(), Ok(Listen { bind, port }), "{text}");
        }
        for bad in [
            "",
            "8080",
            ":8080",
            "127.0.0.1",
            "127.0.0.1:",
            "::1:8080",
            "[127.0.0.1]:1",
            "a:1",
            "::1",
            "1.2.3.4:70000",
        ] {
            assert!(bad.parse::<Listen>().is_err_and(|why| why.contains("such as")), "{bad}");
        }
    }

    #[test]
    fn addresses_and_localhost() {
        for (text, first, also) in [
            ("127.0.0.1", "127.0.0.1", None),
            ("::", "::", None),
            ("localhost", "127.0.0.1", Some("::1")),
        ] {
            let bind: Bind = text.parse().expect(text);
            assert_eq!(
                (
                    bind.first.to_string().as_str(),
                    bind.also.map(|ip| ip.to_string()).as_deref()
                ),
                (first, also)
            );
        }
        assert!(
            "127.0.0.1:80"
                .parse::<Bind>()
                .is_err_and(|why| why.contains("without a port"))
        );
    }
}
