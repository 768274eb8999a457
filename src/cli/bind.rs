//! The address to listen on, which may be given as `localhost`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The addresses to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bind {
    pub(super) first: IpAddr,
    /// The second address of `localhost`: clients try ::1 or 127.0.0.1 first, each in its own way.
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

#[cfg(test)]
mod tests {
    use super::*;

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
