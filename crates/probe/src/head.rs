//! Reads single fields of the responses that servers send.

/// The fields of the first response in a text: names and values. Line ends may be bare LF.
pub(crate) fn fields(response: &str) -> impl Iterator<Item = (&str, &str)> {
    response
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name, value.trim()))
}

/// The value of a field of the first response in a text. The case of its name does not matter.
pub(crate) fn field<'t>(response: &'t str, name: &str) -> Option<&'t str> {
    fields(response)
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// The status of the first response in a text.
pub(crate) fn status(response: &str) -> Option<u16> {
    let (_, after) = response.strip_prefix("HTTP/")?.split_once(' ')?;
    after.get(..3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_field_is_found_in_the_head_only() {
        let response = "HTTP/1.1 200 OK\r\nETag:  \"a\" \r\netag: \"b\"\r\n\r\nServer: body\r\n";
        assert_eq!(field(response, "etag"), Some("\"a\""), "the first of two");
        assert_eq!(field(response, "server"), None);
        assert_eq!(field("HTTP/1.1 200 OK\nServer: x\n\nVia: y\n", "server"), Some("x"));
        assert_eq!(field("HTTP/1.1 200 OK\nServer: x\n\nVia: y\n", "via"), None);
        assert_eq!(field("", "via"), None);
    }
}
