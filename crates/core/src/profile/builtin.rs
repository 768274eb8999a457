//! The profiles and the tables of media types embedded in the program.

macro_rules! builtin {
    ($($name:literal)*) => {
        /// Name and text of every built-in profile, in the order in which they are listed.
        pub const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../../profiles/", $name, ".toml"))),)*];
    };
}

builtin! {
    "node" "node20" "flask" "flask-keepalive" "django" "python-http" "python-http11" "caddy" "apache" "phpnow" "nginx"
    "iis" "iis-keepalive" "rfc"
}

macro_rules! types {
    ($($name:literal)*) => {
        /// Name and text of every built-in table of media types.
        pub(super) const TYPES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../../profiles/types/", $name, ".types"))),)*
        ];
    };
}

types! { "apache-2.2" "debian" "iis-10" "mime-1.6" "nginx-1.22" }

/// The profile that is served if none is named: the first of the list.
pub const DEFAULT: &str = ALL[0].0;

/// Former names of built-in profiles, each with today's. They still load, but are not listed.
const ALIASES: &[(&str, &str)] = &[("book", "rfc")];

/// Today's name of the profile `name`, which may be a former name.
pub fn current_name(name: &str) -> &str {
    ALIASES
        .iter()
        .find(|(former, _)| *former == name)
        .map_or(name, |(_, current)| current)
}

/// The text of the built-in profile `name`.
pub fn text(name: &str) -> Option<&'static str> {
    let name = current_name(name);
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names, in order. Former names are not among them.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    ALL.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_names_load_the_same_profile_and_are_not_listed() {
        for (former, current) in ALIASES {
            assert!(!names().any(|name| name == *former), "{former} is listed");
            assert_eq!(text(former), text(current), "{former}");
            assert!(text(former).is_some(), "{former}");
        }
    }
}
