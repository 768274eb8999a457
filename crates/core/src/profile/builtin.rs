//! The profiles that are embedded in the binary.

macro_rules! builtin {
    ($($name:literal)*) => {
        /// Name and text of every built-in profile, in the order in which they are listed.
        pub const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../../profiles/", $name, ".toml"))),)*];
    };
}

builtin! { "node" "node20" "flask" "flask-keepalive" "django" "apache" "phpnow" "nginx" "iis" "iis-keepalive" "book" }

/// The text of the built-in profile `name`.
pub fn text(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names, in order.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    ALL.iter().map(|(name, _)| *name)
}
