//! The profiles and the tables of media types embedded in the program.

/// A profile stays text until it is loaded, so an additional one costs neither memory nor time at startup.
macro_rules! builtin {
    ($($name:literal $($usual:ident)?)*) => {
        /// Name and text of every built-in profile, in the order in which they are listed.
        pub const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../../profiles/", $name, ".toml"))),)*];

        /// The names of the profiles that are served side by side if no profile is named.
        pub const USUAL: &[&str] = &[$($({ const _: &str = stringify!($usual); $name },)?)*];
    };
}

builtin! {
    "node" usual "node20" usual "node24" "node24-express4" "flask" usual "flask31" "flask20" "flask-keepalive" usual
    "django" usual "django52" "python-http" usual "python-http11" usual "caddy" usual "apache" usual "phpnow" usual
    "nginx" usual "nginx131" "iis" usual "iis-keepalive" usual "rfc" usual
}

macro_rules! types {
    ($($name:literal)*) => {
        /// Name and text of every built-in table of media types.
        pub(super) const TYPES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../../profiles/types/", $name, ".types"))),)*
        ];
    };
}

types! { "apache-2.2" "debian" "iis-10" "mime-1.6" "mime-db-1.54" "nginx-1.22" }

/// The profile that is served if none is named: the first of the list.
pub const DEFAULT: &str = ALL[0].0;

/// Former names of built-in profiles, each with the current name. They still load, but are not listed.
const ALIASES: &[(&str, &str)] = &[("book", "rfc")];

/// The current name of the profile `name`, which may be a former name.
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
